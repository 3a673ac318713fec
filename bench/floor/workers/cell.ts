import { DurableObject } from "cloudflare:workers";
import type Adder from "./adder.ts";
import type { FloorRecord, RunShape } from "./run-shape.ts";
import { TickLog } from "./tick-log.ts";

export interface CellEnv {
  ADDER: Service<typeof Adder>;
}

/** One warm object that runs everything: the least that durable execution on this platform can cost. */
export class Cell extends DurableObject<CellEnv> {
  readonly #log: TickLog;
  readonly #runs = new Map<string, Promise<FloorRecord>>();
  #active = 0;

  constructor(state: DurableObjectState, env: CellEnv) {
    super(state, env);
    this.#log = new TickLog(state.storage.sql, () => this.#active);
  }

  run(id: string, shape: RunShape, value: number): Promise<FloorRecord> {
    return shape.parallel ? this.#fan(id, shape.steps, value) : this.#sequence(id, shape.steps, value);
  }

  /** Answers at once; `wait` gives the record. */
  start(id: string, shape: RunShape, value: number): void {
    this.#runs.set(id, this.run(id, shape, value));
  }

  /** The record of a run that `start` began, once; null when there is none. */
  async wait(id: string): Promise<FloorRecord | null> {
    const record = (await this.#runs.get(id)) ?? null;
    this.#runs.delete(id);
    return record;
  }

  async #sequence(id: string, steps: number, start: number): Promise<FloorRecord> {
    this.#active += 1;
    await this.#log.append({ id, type: "started", start });
    let value = start;
    let firstSettledAt = 0;
    for (let step = 0; step < steps; step += 1) {
      const { result } = await this.env.ADDER.add(value, 1);
      value = result;
      if (step === 0) firstSettledAt = Date.now();
      await this.#log.append({ id, step, value });
    }
    this.#active -= 1;
    return record(id, value, firstSettledAt);
  }

  async #fan(id: string, steps: number, start: number): Promise<FloorRecord> {
    this.#active += steps;
    await this.#log.append({ id, type: "started", start });
    let firstSettledAt = 0;
    const call = async (step: number): Promise<number> => {
      const { result } = await this.env.ADDER.add(start + step, 1);
      firstSettledAt ||= Date.now();
      await this.#log.append({ id, step, value: result });
      this.#active -= 1;
      return result;
    };
    const results = await Promise.all(Array.from({ length: steps }, (_, step) => call(step)));
    return record(id, results.at(-1) ?? 0, firstSettledAt);
  }
}

function record(id: string, value: number, firstSettledAt: number): FloorRecord {
  const finished_at = new Date(firstSettledAt).toISOString();
  return { execution_id: id, status: "completed", result: { outputs: { value } }, steps: [{ finished_at }] };
}
