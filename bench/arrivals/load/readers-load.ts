import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { median } from "../../measure/percentile.ts";
import { ApiClient } from "./api-client.ts";
import type { ArrivalJob, ArrivalLoad, ArrivalTimes } from "./job.ts";
import { TickScanner } from "./tick-scanner.ts";
import { timesOf } from "./times-of.ts";

const WARM_UP_EVENTS = 20;
/** Between two events, so that what follows the one (the next wait, its events) is not on the other's bill of time. */
const REST_MS = 20;
const PATIENCE_MS = 30_000;

/** S1: an execution that waits for `tick` again and again, and many readers of its events. */
export class ReadersLoad implements ArrivalLoad {
  readonly #job: Extract<ArrivalJob, { kind: "readers" }>;
  readonly #api: ApiClient;
  #path = "";
  #streams: Promise<void>[] = [];
  /** Of each event: when it was sent, and when each reader had it. */
  readonly #sent: number[] = [];
  readonly #received: number[][] = [];
  /** Called when the event that is under way has reached every reader. */
  #all: () => void = () => undefined;

  constructor(job: Extract<ArrivalJob, { kind: "readers" }>) {
    this.#job = job;
    this.#api = new ApiClient(job, 1);
  }

  async prepare(): Promise<void> {
    // One more than are measured: the end of the execution is not one of them.
    const ticks = WARM_UP_EVENTS + this.#job.events + 1;
    const start = { workflow: "bench-ticks", inputs: { ticks }, execution_mode: "async" };
    const { execution_id } = await this.#api.call("POST", "/workflows/executions", start);
    this.#path = `/workflows/executions/${String(execution_id)}/events`;
    const pool = new Pool(this.#job.baseUrl, { connections: this.#job.readers, pipelining: 1, bodyTimeout: 0 });
    const opened = Array.from({ length: this.#job.readers }, () => this.#open(pool));
    this.#streams = (await within(Promise.all(opened), "the streams were not opened")).map(({ ended }) => ended);
    for (let event = 0; event < WARM_UP_EVENTS; event += 1) await this.#tick();
  }

  async run(): Promise<void> {
    for (let event = 0; event < this.#job.events; event += 1) await this.#tick();
  }

  /** The last event ends the execution, and so every stream; each has checked that it had all events in order. */
  async collect(): Promise<ArrivalTimes> {
    await this.#tick();
    await within(Promise.all(this.#streams), "the streams did not end with the execution");
    const measured = this.#received.slice(WARM_UP_EVENTS, WARM_UP_EVENTS + this.#job.events);
    const times = measured.map((received, index) =>
      received.map((at) => at - (this.#sent[WARM_UP_EVENTS + index] ?? Number.NaN)),
    );
    const last = median(times.map((ofEvent) => Math.max(...ofEvent)));
    return { ...timesOf(times.flat(), this.#job.events), lastMs: last };
  }

  async #tick(): Promise<void> {
    await sleep(REST_MS);
    const tick = this.#sent.length;
    this.#received.push([]);
    const all = new Promise<void>((resolve) => {
      this.#all = resolve;
    });
    this.#sent.push(performance.now());
    await this.#api.call("POST", this.#path, { name: "tick", payload: { tick } });
    await within(all, `event ${tick} did not reach every reader`);
  }

  async #open(pool: Pool): Promise<{ ended: Promise<void> }> {
    const headers = { ...this.#api.headers, accept: "text/event-stream" };
    const { statusCode, body } = await pool.request({ method: "GET", path: this.#path, headers });
    if (statusCode !== 200) throw new Error(`a stream answered ${statusCode}: ${await body.text()}`);
    const scanner = new TickScanner();
    const decoder = new TextDecoder();
    let next = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of body) {
        const ticks = scanner.take(decoder.decode(chunk, { stream: true }));
        const at = performance.now();
        for (const tick of ticks) {
          if (tick !== next) throw new Error(`a reader had event ${tick} where ${next} was to come`);
          next += 1;
          this.#arrived(tick, at);
        }
      }
      if (next !== this.#sent.length) throw new Error(`a stream ended after ${next} of ${this.#sent.length} events`);
    };
    return { ended: read() };
  }

  #arrived(tick: number, at: number): void {
    const received = this.#received[tick] ?? [];
    received.push(at);
    if (received.length === this.#job.readers) this.#all();
  }
}

async function within<Value>(promise: Promise<Value>, otherwise: string): Promise<Value> {
  const cut = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: cut.signal }).then((): never => {
    throw new Error(otherwise);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cut.abort();
    late.catch(() => undefined);
  }
}
