import { ExpressionError } from "../../expressions/expression-error.ts";
import { readDate } from "../../expressions/functions/dates.ts";
import type { Json } from "../../json.ts";
import { isObject } from "../../json.ts";
import type { PlanStep } from "../../plan/types.ts";
import type { RunScope } from "../../run/scope.ts";
import { evaluatedDuration, openWait } from "../../run/waits.ts";
import type { StepBehaviour } from "../behaviour.ts";

/** `duration`, `until {time}` or `until {event, …}` (section 4). */
export const wait: StepBehaviour = {
  open(turn, step, path) {
    const scope = turn.scope(path);
    const { parts } = step;
    const due = turn.dueOf(step);
    if (parts.event) {
      const timeoutMs = parts.timeout && duration(step, "timeout", parts.timeout.evaluate(scope));
      openWait(
        turn,
        path,
        { kind: "event", ...eventOf(step, scope), ...(timeoutMs === undefined ? {} : { due: turn.now + timeoutMs }) },
        due,
      );
    } else if (parts.time) {
      openWait(turn, path, { kind: "time", waitType: "time", due: readDate(parts.time.evaluate(scope)) }, due);
    } else {
      const ms = duration(step, "duration", parts.duration?.evaluate(scope) ?? null);
      openWait(turn, path, { kind: "time", waitType: "duration", due: turn.now + ms }, due);
    }
  },
};

function eventOf(
  { parts, id }: PlanStep,
  scope: RunScope,
): { event: string; key?: string; channel?: string; filter?: { [name: string]: Json } } {
  const event = parts.event?.evaluate(scope);
  if (typeof event !== "string" || event === "")
    throw new ExpressionError(`Step ${id} waits for an event without a name`);
  const key = parts.key?.evaluate(scope);
  if (key === null || key === "") throw new ExpressionError(`Step ${id} waits for an event of a key that is empty`);
  const filter = parts.filter?.evaluate(scope);
  const channel = parts.channel?.evaluate(scope);
  if (filter !== undefined && filter !== null && !isObject(filter))
    throw new ExpressionError(`The filter of step ${id} must be a map`);
  return {
    event,
    ...(key === undefined ? {} : { key: typeof key === "string" ? key : JSON.stringify(key) }),
    ...(typeof channel === "string" ? { channel } : {}),
    ...(isObject(filter) ? { filter } : {}),
  };
}

function duration({ id }: PlanStep, field: string, value: Json): number {
  const ms = evaluatedDuration(value);
  if (ms === undefined) throw new ExpressionError(`${field} of step ${id} is no duration: ${JSON.stringify(value)}`);
  return ms;
}
