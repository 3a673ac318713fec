import { stepOf } from "./apply-step.ts";
import { approvalIsLate } from "./approvals.ts";
import { connectionIsLate } from "./connection-waits.ts";
import { timeOutRun } from "./ending.ts";
import { nodeIsDue, spendTime, stopNow } from "./graph.ts";
import { giveUpHold } from "./pausing.ts";
import { startIsDue } from "./starting.ts";
import { taskIsLate } from "./tasks.ts";
import type { Instance } from "./state.ts";
import type { Turn } from "./turn.ts";
import { waitIsOver } from "./waits.ts";

/** A timer of `timerEffects` has fired. One whose cause is gone changes nothing. */
export function receiveTimer(turn: Turn, name: string): void {
  const colon = name.indexOf(":");
  const kind = colon < 0 ? name : name.slice(0, colon);
  const subject = colon < 0 ? "" : name.slice(colon + 1);
  switch (kind) {
    case "workflow":
      return timeOutRun(turn);
    case "start":
      return startIsDue(turn);
    case "hold":
      return giveUpHold(turn);
    case "retry":
      return turn.retry(subject);
    case "limit":
      return tooLong(turn, turn.state.open.get(subject));
    case "task":
      return taskIsLate(turn, subject);
    case "wait":
      return waited(turn, subject === "" ? turn.state.root : turn.state.open.get(subject));
    case "every":
      return nodeIsDue(turn, subject);
    case "budget":
      return spendTime(turn);
    case "stop":
      return stopNow(turn);
    default:
  }
}

function waited(turn: Turn, instance: Instance | undefined): void {
  if (instance?.wait?.kind === "approval") approvalIsLate(turn, instance);
  else if (instance?.wait?.kind === "connection") connectionIsLate(turn, instance);
  else if (instance?.status === "waiting") waitIsOver(turn, instance);
}

/** The whole step has taken longer than its `timeout` or `guardrails.timeLimit`. */
function tooLong(turn: Turn, instance: Instance | undefined): void {
  if (!instance || turn.notYet(`limit:${instance.path}`, instance.due)) return;
  const step = stepOf(instance);
  const timeoutMs = (instance.due ?? turn.now) - instance.startedAt;
  turn.cancelBelow(instance.path);
  if (step.kind === "parallel" && step.continueOnError) {
    turn.settle(instance);
  } else {
    turn.emit({
      type: "step.failed",
      path: instance.path,
      ...turn.giveUpCall(instance),
      error: {
        code: "TIMEOUT",
        message: `Step ${step.id} exceeded its timeout of ${timeoutMs / 1000}s`,
        details: { timeout_ms: timeoutMs, elapsed_ms: turn.now - instance.startedAt },
      },
    });
  }
  turn.readyParent(instance);
}
