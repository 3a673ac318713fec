import { tenantObjectName } from "../../contracts/placement.ts";
import { percentile } from "../measure/percentile.ts";
import { cpuMs } from "../measure/processes.ts";
import { type CallBatch, type CallCase, CONTEXT } from "./call-cases.ts";
import type { CallFigures } from "./call-figures.ts";
import type { OpenCalls } from "./open-calls.ts";

const OBJECT = tenantObjectName(CONTEXT);

/** One side of a case: runs slices, and sums up what they took. */
export class CallSide {
  readonly #opened: OpenCalls;
  readonly #case: CallCase;
  readonly #batch: CallCase["floor"];
  /** Requests so far. */
  #turn = 0;
  /** Milliseconds a call, of each request. */
  #times: number[] = [];
  #calls = 0;
  #cpuMs = 0;

  constructor(opened: OpenCalls, it: CallCase, side: "floor" | "platform") {
    this.#opened = opened;
    this.#case = it;
    this.#batch = (place) => it[side](place);
  }

  /** One slice: requests one after the other. What must be stored for them is stored before. */
  async run(): Promise<void> {
    const { ask, workerdPid, sumsUrl } = this.#opened;
    const { calls, requests } = this.#case;
    const batches: CallBatch[] = [];
    for (let request = 0; request < requests; request += 1) batches.push(this.#batch({ turn: this.#turn++, sumsUrl }));
    const sets = batches.flatMap(({ sets = [] }) => sets);
    if (sets.length > 0) await ask({ kind: "modules", object: OBJECT, sets });
    const before = await cpuMs(workerdPid);
    for (const { work } of batches) {
      const startedAt = performance.now();
      await ask({ kind: "calls", work, count: calls });
      this.#times.push((performance.now() - startedAt) / calls);
    }
    this.#cpuMs += (await cpuMs(workerdPid)) - before;
    this.#calls += calls * requests;
  }

  /** The figures of the slices since it was asked last. */
  take(): CallFigures {
    const times = this.#times.sort((a, b) => a - b);
    const figures = {
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      cpuMs: this.#cpuMs / Math.max(1, this.#calls),
    };
    this.#times = [];
    this.#calls = 0;
    this.#cpuMs = 0;
    return figures;
  }
}
