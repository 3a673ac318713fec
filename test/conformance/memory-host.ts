import { executionRecord } from "../../contracts/execution-record.ts";
import { runInMemory } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { ConformanceHost, Played, Scenario } from "./host.ts";
import { Script } from "./script.ts";

const START = Date.UTC(2026, 10, 20, 12);

/** The engine alone, in this process, in virtual time: a wait of an hour takes none. */
export const memoryHost: ConformanceHost = { run };

async function run({ source, inputs, env, answers }: Scenario): Promise<Played> {
  const clock = new VirtualClock(START);
  const wait = (ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve));
  const script = new Script(answers, wait);
  const plan = compilePlan(source);
  const identity = { executionId: "exec_conformance", runAttempt: 1 };
  const done = runInMemory({ plan, identity, inputs, env, clock, callAction: (call) => script.answer(call) });
  let over = false;
  const ended = done.finally(() => {
    over = true;
  });
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (over) break;
    if (!clock.fireNext()) throw new Error("the run is not over, and nothing more is due");
  }
  const { state, events } = await ended;
  const head = { executionId: identity.executionId, mode: "async" as const, createdAt: START };
  const record = executionRecord(plan, state, head, clock.now());
  return { events, record, calls: script.calls, inFlight: script.inFlight };
}
