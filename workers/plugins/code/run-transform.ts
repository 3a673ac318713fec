import type { RunError } from "../../../engine/errors.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import type { Answer } from "./answer.ts";
import { Jq } from "./jq.ts";
import { LIMITS } from "./limits.ts";
import { QuickJs } from "./quickjs.ts";

/** What the languages run on: metered modules (`generated/`), given by whoever can load them. */
export interface Modules {
  quickJs: WebAssembly.Module;
  jq: WebAssembly.Module;
  /** The bundled texts of `inside/javascript.ts` and `inside/jsonata.ts`. */
  javascript: string;
  jsonata: string;
}

type Failure = Extract<ActionResult, { ok: false }>;

interface Language {
  evaluate(expression: string, data: string, fuel: number): { answer: Answer; used: number };
}

const NAMES: Readonly<Record<string, string>> = { jq: "jq", jsonata: "JSONata", javascript: "JavaScript" };
const MOST_EXPRESSION_BYTES = 65_536;

/**
 * Makes the function that runs transforms: `{expression, data}` in one of the languages to the result, as plain JSON. It
 * answers at once and never throws; what an expression does is bounded by counting (`limits.ts`) and forgotten afterwards.
 */
export function transformRunner(modules: Modules, clock: () => number): (call: ActionCall) => ActionResult {
  // One machine each: what JSONata takes to load, JavaScript need not wait for.
  const languages = new Map<string, Language>([
    ["jq", new Jq(modules.jq)],
    ["jsonata", new QuickJs(modules.quickJs, modules.jsonata)],
    ["javascript", new QuickJs(modules.quickJs, modules.javascript)],
  ]);
  return (call) => {
    const started = clock();
    const language = languages.get(call.action.action);
    if (language === undefined) return notHere(call);
    const input = readInput(call.input);
    if (!input.ok) return input;
    const timeMs = Math.max(1, Math.min(call.timeoutMs, LIMITS.timeMs));
    const { answer, used } = language.evaluate(input.expression, input.data, timeMs * LIMITS.fuelPerMs);
    // In production the clock stands still meanwhile: then what was counted says how long it took.
    const compute_ms = Math.max(0, clock() - started, Math.round(used / LIMITS.fuelPerMs));
    const usage = { compute_ms, egress_bytes: 0 };
    if (answer.kind === "value") return { ok: true, output: answer.value, usage };
    return { ...failureOf(answer, NAMES[call.action.action] ?? call.action.action, timeMs), usage };
  };
}

function readInput(input: Json): { ok: true; expression: string; data: string } | Failure {
  if (!isObject(input) || typeof input.expression !== "string") return invalid("A transform needs an expression");
  const { expression, data = null } = input;
  if (new TextEncoder().encode(expression).length > MOST_EXPRESSION_BYTES) {
    return invalid(`The expression is larger than ${MOST_EXPRESSION_BYTES} bytes`);
  }
  if (expression.includes("\0")) return invalid("The expression has a character NUL");
  return { ok: true, expression, data: JSON.stringify(data) };
}

function failureOf(answer: Exclude<Answer, { kind: "value" }>, language: string, timeMs: number): Failure {
  if (answer.kind === "refused") {
    const { message, line } = answer;
    const details = line === undefined ? {} : { details: { line } };
    const place = line === undefined ? "" : ` (line ${line})`;
    return permanent({ code: "VALIDATION", message: `${language}: ${message}${place}`, ...details });
  }
  switch (answer.by) {
    case "time":
      return permanent({
        code: "TIMEOUT",
        message: `${language}: the expression took longer than ${timeMs} ms of computing`,
        details: { timeout_ms: timeMs },
      });
    case "memory":
      return invalid(`${language}: the expression needs more memory than it may have`, "memory");
    case "depth":
      return invalid(`${language}: the expression or its result is nested too deeply`, "depth");
    case "output":
      return permanent({
        code: "PAYLOAD_TOO_LARGE",
        message: `${language}: the result is larger than ${LIMITS.outputBytes} bytes`,
        details: { limit: "payload_bytes", max: LIMITS.outputBytes },
      });
    case "crash":
      return invalid(`${language}: the language's own program failed on this expression`);
    default:
      return answer.by satisfies never;
  }
}

function invalid(message: string, limit?: string): Failure {
  return permanent({ code: "VALIDATION", message, ...(limit === undefined ? {} : { details: { limit } }) });
}

/** The same expression on the same data would do the same again. */
function permanent(error: RunError): Failure {
  return { ok: false, error, permanent: true };
}

function notHere({ action }: ActionCall): Failure {
  return permanent({ code: "UNAVAILABLE", message: `This deployment has no transform language ${action.action}` });
}
