import { inputCheck } from "../../../connectors/input-check.ts";
import { isObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { TOOLS } from "./all-tools.ts";
import type { Outcome } from "./outcome.ts";

type Answer = Outcome | Extract<ActionResult, { ok: false }>;

/**
 * Runs one first-party function. Never throws. The functions are pure and finish at once, so there is no timeout to keep;
 * their outputs are held to their schemas by the tests and not checked again for each call. Most answer at once: a promise
 * comes only from those that read a library at their first use.
 */
export function runTool(call: ActionCall, clock: () => number): ActionResult | Promise<ActionResult> {
  const started = clock();
  const measured = (answer: Answer): ActionResult => ({
    ...answer,
    usage: { compute_ms: Math.max(0, clock() - started), egress_bytes: 0 },
  });
  const name = call.action.handler.function;
  const answer = typeof name === "string" ? run(name, call) : notHere(call);
  return answer instanceof Promise ? answer.catch(broken).then(measured) : measured(answer);
}

function run(name: string, call: ActionCall): Answer | Promise<Answer> {
  const tool = TOOLS.get(name);
  if (tool === undefined) return notHere(call);
  const checked = inputCheck(tool.input).any(call.input);
  if (!checked.ok) return checked;
  if (!isObject(checked.value)) return { ok: false, error: { code: "VALIDATION", message: "The input must be a map" } };
  try {
    return tool.run(checked.value);
  } catch (error) {
    return broken(error);
  }
}

function broken(error: unknown): Answer {
  const message = error instanceof RangeError ? "The input is too large for this function" : "The function failed";
  return { ok: false, error: { code: error instanceof RangeError ? "VALIDATION" : "INTERNAL_ERROR", message } };
}

function notHere({ action }: ActionCall): Extract<ActionResult, { ok: false }> {
  const message = `${action.namespace}/${action.connector}@${action.version} has no first-party code for ${action.action}; its function runs in the local and self-hosted modes`;
  return { ok: false, error: { code: "UNAVAILABLE", message }, permanent: true };
}
