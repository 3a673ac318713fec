import { foldStored } from "../../durable-objects/coordinator/fold-stored.ts";
import { PlanCache } from "../../durable-objects/coordinator/plan-cache.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { fractionOf } from "../../engine/run/retry.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { SimulatedObject } from "./simulated-object.ts";

/** Id of that execution. */
export const ACTED_ON = "exec_acted_on";

/** A cell that is killed by seed while somebody acts on the one execution that it has, and asks until there is an answer. */
export class ActingSchedule {
  readonly calls: string[] = [];
  readonly object: SimulatedObject;
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: number, answer: (call: ActionCall) => ActionResult) {
    this.#seed = seed;
    const often = 0.05 + this.#chance() * 0.15;
    this.object = new SimulatedObject({
      kill: () => this.object.kills < 20 && this.#chance() < often,
      plugin: (call) => {
        this.calls.push(call.idempotencyKey);
        return { result: answer(call), afterMs: Math.floor(this.#chance() * 40) };
      },
      hint: () => undefined,
      report: (message, error) => {
        throw new Error(`${message}: ${String(error)}`);
      },
    });
  }

  #chance(): number {
    this.#drawn += 1;
    return fractionOf(`${this.#seed}:${this.#drawn}`);
  }

  /** Somebody who asks until there is an answer. */
  async ask<T>(question: (cell: SimulatedObject["cell"]) => Promise<T>): Promise<T> {
    for (;;) {
      let answer: { value: T } | undefined;
      let done = false;
      void this.object
        .ask(async (cell) => ({ value: await question(cell) }))
        .then((it) => {
          answer = it;
          done = true;
        });
      while (!done) await this.object.step();
      if (answer) return answer.value;
    }
  }

  async until(status: string, runAttempt: number): Promise<void> {
    for (let looks = 0; looks < 10_000; looks++) {
      const record = await this.ask((cell) => cell.get(ACTED_ON));
      if (record?.status === status && record.run_attempt === runAttempt) return;
      await this.object.step();
    }
    throw new Error(`it never was ${status}`);
  }

  start(plan: PlanSource, idempotencyKey = "start") {
    return this.ask((cell) =>
      cell.start({
        executionId: ACTED_ON,
        tenantId: "ten_simulated",
        environment: "test",
        planDigest: "one",
        plan,
        inputs: {},
        mode: "async",
        actor: "key_starter",
        idempotency: { key: idempotencyKey, bodyHash: "same" },
      }),
    );
  }

  stored() {
    const { storage } = this.object;
    const stored = foldStored(storage, new PlanCache(storage), ACTED_ON);
    if (!stored) throw new Error("it is gone");
    return stored;
  }
}
