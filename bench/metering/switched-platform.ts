import { setTimeout as sleep } from "node:timers/promises";
import { callPlatform } from "../../scripts/call-platform.ts";
import { RunClient } from "../load/run-client.ts";
import { threadCpuMs } from "../measure/cpu-clock.ts";
import { openPlatform } from "../targets/open-platform.ts";
import type { Target } from "../targets/target.ts";
import { THREE_STEPS } from "../workflows.ts";
import type { BlockCost } from "./metering-cost.ts";
import { METERING_SWITCH, PEEKS, type SwitchPosition } from "./metering-switch.ts";

const STEP_MS = 100;
/** Longer than changes gather before the sink is told (300 ms). */
const IDLE_STEPS = 5;
/** In one step: what processes that have nothing to do stay below. */
const IDLE_WORKERD_MS = 3;
const IDLE_HOST_MS = 10;
const PATIENCE_MS = 15_000;
/** One cell for all, however fast the runs come: another one would begin in the middle of a pair. */
const ONE_SHARD = { starts_per_second: 1e6, steps_per_second: 1e6, running: 1e6, most_shards: 1 };
const HOUR_MS = 3_600_000;

interface Used {
  workerdMs: number;
  hostMs: number;
}

/** The platform whose metering and sink can be switched while it runs. */
export class SwitchedPlatform {
  /** Runs that were made while it metered. */
  meteredRuns = 0;
  readonly #target: Target;

  private constructor(target: Target) {
    this.#target = target;
  }

  static async open(folder: string): Promise<SwitchedPlatform> {
    const entries = { platform: "bench/metering/workers/main.ts" };
    const vars = { SHARD_CAPACITY: JSON.stringify(ONE_SHARD) };
    return new SwitchedPlatform(await openPlatform(folder, { entries, vars, sweepMs: HOUR_MS }));
  }

  /** `runs` of W1 with the sink held back, then the sink. */
  async block(metering: "on" | "off", concurrency: number, runs: number): Promise<BlockCost> {
    await this.#switch(metering);
    await this.#switch("hold");
    const before = await this.#settled();
    await this.#load(concurrency, runs);
    const loaded = await this.#settled();
    await this.#switch("peek");
    const read = await this.#settled();
    await this.#switch("release");
    const after = await this.#settled();
    if (metering === "on") this.meteredRuns += runs;
    const us = (from: Used, to: Used, of: keyof Used): number => ((to[of] - from[of]) * 1_000) / runs;
    return {
      runUs: us(before, loaded, "workerdMs"),
      readUs: us(loaded, read, "workerdMs") / PEEKS,
      sinkUs: us(read, after, "workerdMs"),
      postgresUs: us(read, after, "hostMs"),
    };
  }

  /** CPU of recording what the last block's runs used, in µs a run. */
  async replay(): Promise<number> {
    const before = await this.#settled();
    const runs = await this.#switch("replay");
    const after = await this.#settled();
    return ((after.workerdMs - before.workerdMs) * 1_000) / runs;
  }

  /** Executions that came to the ledger. */
  async recordedRuns(): Promise<number> {
    const { baseUrl, apiKey } = this.#target;
    const usage = await callPlatform(baseUrl, { path: "/usage", authorization: `Bearer ${apiKey}` });
    const { executions } = (usage.total ?? {}) as { executions?: unknown };
    if (typeof executions !== "number") throw new Error(`not a tenant's usage: ${JSON.stringify(usage)}`);
    return executions;
  }

  stop(): Promise<void> {
    return this.#target.stop();
  }

  async #load(concurrency: number, runs: number): Promise<void> {
    const { baseUrl, apiKey } = this.#target;
    const { slug: workflow, expected } = THREE_STEPS;
    const client = new RunClient({ baseUrl, apiKey, workflow, added: expected(0), concurrency });
    let begun = 0;
    const caller = async (): Promise<void> => {
      while (begun < runs) await client.run(begun++);
    };
    await Promise.all(Array.from({ length: concurrency }, caller));
    await client.close();
  }

  async #switch(position: SwitchPosition): Promise<number> {
    const answer = await fetch(`${this.#target.baseUrl}${METERING_SWITCH}=${position}`, { method: "PUT" });
    if (!answer.ok) throw new Error(`the switch "${position}" answered ${answer.status}`);
    return ((await answer.json()) as { done: number }).done;
  }

  async #used(): Promise<Used> {
    const { workerdPid, hostPid } = this.#target;
    return { workerdMs: await threadCpuMs(workerdPid), hostMs: await threadCpuMs(hostPid) };
  }

  /** When neither workerd nor the process around it has anything left to do. */
  async #settled(): Promise<Used> {
    let last = await this.#used();
    for (let idle = 0, waitedMs = 0; idle < IDLE_STEPS && waitedMs < PATIENCE_MS; waitedMs += STEP_MS) {
      await sleep(STEP_MS);
      const now = await this.#used();
      const quiet = now.workerdMs - last.workerdMs < IDLE_WORKERD_MS && now.hostMs - last.hostMs < IDLE_HOST_MS;
      idle = quiet ? idle + 1 : 0;
      last = now;
    }
    return last;
  }
}
