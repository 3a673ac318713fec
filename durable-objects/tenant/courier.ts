import type { RunCommand } from "../../engine/run/types.ts";
import type { CellLink, ExchangePorts } from "./exchange-ports.ts";

/** Calls to cells in flight at once, of one tenant object. */
const WIDTH = 16;
/** A cell that has not answered by then is told again later. */
const PATIENCE_MS = 10_000;

/**
 * What came of telling an execution something. `absent`: its cell knows no such execution (perhaps not yet); `over`: it has
 * ended, or what was meant of it has; `declined`: it is there and this is not for it; `unreachable`: nobody knows.
 */
export type Told = "running" | "ended" | "over" | "absent" | "declined" | "unreachable";

/** Carries messages to cells, a bounded number at a time, each with a limit in time. Nothing here is durable. */
export class Courier {
  readonly #ports: ExchangePorts;
  readonly #queue: (() => void)[] = [];
  readonly #underway = new Set<string>();
  #inFlight = 0;

  constructor(ports: ExchangePorts) {
    this.#ports = ports;
  }

  /** Undefined when the same message (`label`) is under way already: whoever sent it will see to the answer. */
  async tell(label: string, cell: string, execution: string, command: RunCommand): Promise<Told | undefined> {
    if (this.#underway.has(label)) return undefined;
    this.#underway.add(label);
    try {
      const answer = await this.#call(() => this.#ports.cell(cell).act(execution, command));
      if (answer === undefined) return "unreachable";
      if (answer === null) return "absent";
      if (answer.ok) return answer.value.finished_at === null ? "running" : "ended";
      if (answer.code === "NOT_FOUND" || answer.code === "CONFLICT") return "over";
      return answer.code === "VALIDATION" || answer.code === "FORBIDDEN" ? "declined" : "unreachable";
    } finally {
      this.#underway.delete(label);
    }
  }

  /** Undefined when its cell did not say. */
  isLive(cell: string, execution: string): Promise<boolean | undefined> {
    return this.#call(() => this.#ports.cell(cell).isLive(execution));
  }

  /** Undefined when it did not answer. */
  ask<T>(cell: string, question: (link: CellLink) => Promise<T>): Promise<T | undefined> {
    return this.#call(() => question(this.#ports.cell(cell)));
  }

  async #call<T>(call: () => Promise<T>): Promise<T | undefined> {
    if (this.#inFlight >= WIDTH) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#inFlight += 1;
    let giveUp = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      giveUp = this.#ports.later(PATIENCE_MS, () => resolve(undefined));
    });
    try {
      // Without `async` a stub that throws at once would pass the catch below.
      return await Promise.race([(async () => call())(), late]);
    } catch (error) {
      this.#ports.report("a cell could not be told", error);
      return undefined;
    } finally {
      giveUp();
      // The place goes to the next in the queue, without ever being free in between.
      const next = this.#queue.shift();
      if (next) next();
      else this.#inFlight -= 1;
    }
  }
}
