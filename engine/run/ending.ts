import type { JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { lastOutput } from "./gather.ts";
import type { ActId } from "./going-on.ts";
import type { Ending, RunCommand } from "./types.ts";
import { expressionFailure } from "./expression-failure.ts";
import type { Turn } from "./turn.ts";

/** The run is lost. Open steps are canceled; completed ones that can be undone are, before the terminal event. */
export function end(turn: Turn, ending: Ending, compensate: boolean, act?: ActId): void {
  const { state } = turn;
  if (state.ending) return;
  turn.compensates = compensate;
  turn.cancelBelow("");
  clearClocks(turn);
  if (!compensate || state.undoable.length === 0) return emitEnding(turn, ending, act);
  if (!turn.running) turn.emit({ type: "workflow.resumed" });
  turn.emit({ type: "workflow.compensating", ending, act });
  turn.ready(state.root);
}

/** The terminal event. */
export function emitEnding(turn: Turn, { status, error, actor }: Ending, act?: ActId): void {
  if (status === "canceled") turn.emit({ type: "workflow.canceled", error, actor, act });
  else turn.emit({ type: `workflow.${status}`, error });
}

/** The host gives the run up: nothing of it runs any more, compensations neither. */
export function abandon(turn: Turn, error: Ending["error"]): void {
  turn.cancelBelow("");
  clearClocks(turn);
  turn.emit({ type: "workflow.failed", error });
}

export function cancelRun(turn: Turn, command: Extract<RunCommand, { type: "cancel" }>): void {
  const { reason, actor, compensate, act } = command;
  const message = reason ? `Execution canceled: ${reason}` : "Execution canceled by user";
  const details = { canceled_at: new Date(turn.now).toISOString() };
  end(turn, { status: "canceled", error: { code: "CANCELED", message, details }, actor }, compensate ?? false, act);
}

/** The workflow's `timeout`, or a standard graph's `max_seconds`. */
export function timeOutRun(turn: Turn): void {
  const { deadline, startedAt, ending } = turn.state;
  if (deadline === null || ending || !turn.running || turn.notYet("workflow", deadline)) return;
  const started = startedAt ?? turn.now;
  const timeoutMs = deadline - started;
  const error = {
    code: "TIMEOUT" as const,
    message: `Execution exceeded its timeout of ${timeoutMs / 1000}s`,
    details: { timeout_ms: timeoutMs, elapsed_ms: turn.now - started },
  };
  end(turn, { status: "timed_out", error }, true);
}

/** Everything is done: the outputs are evaluated, and it is over. */
export function completeRun(turn: Turn): void {
  const { plan, state } = turn;
  try {
    const scope = turn.scope("");
    let outputs: JsonObject = {};
    for (const [name, value] of plan.outputs) outputs[name] = value.evaluate(scope);
    if (plan.graph && !plan.graph.longRunning && plan.outputs.size === 0) outputs = outputOfLastNode(turn);
    const reason = state.graph?.stopping?.reason;
    turn.emit({ type: "workflow.completed", outputs, ...(reason === undefined ? {} : { stop_reason: reason }) });
    clearClocks(turn);
  } catch (error) {
    turn.fail(expressionFailure(error));
  }
}

/** A standard graph without `outputs` completes with its last node's (section 5). */
function outputOfLastNode(turn: Turn): JsonObject {
  const output = lastOutput(turn.state, turn.state.root, "nodes");
  if (isObject(output)) return output;
  return output === null ? {} : { output };
}

function clearClocks(turn: Turn): void {
  const { deadline, graph } = turn.state;
  if (deadline !== null) turn.clearTimer("workflow");
  if (!graph) return;
  if (graph.budgetDue !== undefined) turn.clearTimer("budget");
  if (graph.stopping?.deadline !== undefined) turn.clearTimer("stop");
  for (const [id, { tickDue }] of graph.nodes) if (tickDue !== undefined) turn.clearTimer(`every:${id}`);
}
