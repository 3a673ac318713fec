import { MemoryExecution } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import type { RunState } from "../../engine/run/state.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import { START } from "./simulated-object.ts";
import { type Waiting, waitingAnswer } from "./waiting-workflows.ts";

/** What must be the same wherever and however often a run was interrupted. */
export function outcomeOf({ status, outputs, error }: RunState): unknown {
  return { status, outputs, error: error && { code: error.code, message: error.message, step: error.details?.step } };
}

/** How the workflow ends in the memory of one process that nobody kills, given what it waits for. */
export async function undisturbed({ plan, supplies }: Waiting, seed: number): Promise<unknown> {
  const clock = new VirtualClock(START);
  const execution = new MemoryExecution({
    plan,
    identity: { executionId: "exec_plain", runAttempt: 1 },
    inputs: {},
    clock,
    actor: "key_simulated",
    callAction: (call) => {
      const answer = waitingAnswer(call, seed);
      return new Promise((resolve) => {
        if (answer) clock.at(clock.now() + answer.afterMs, () => resolve(answer.result));
      });
    },
  });
  execution.deliver({ type: "start", inputs: {}, actor: "key_simulated" });
  const left = [...supplies];
  while (!isTerminal(execution.state.status)) {
    await new Promise((resolve) => setImmediate(resolve));
    const [next] = left;
    const command = next && ("command" in next ? next.command : { type: "signal" as const, id: "evt", ...next.event });
    if (command && execution.deliver(command) === undefined) left.shift();
    else clock.fireNext();
  }
  return outcomeOf(execution.state);
}
