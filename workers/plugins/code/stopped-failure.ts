import { codeCallLimits } from "../../../connectors/code/call-limits.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { ActionResult } from "../../../engine/run/types.ts";

interface Stopped {
  elapsedMs: number;
  /** A request had left that may have changed something. */
  sent: boolean;
  stuckMs?: number;
  /** Computing time that the call had, where it got as far as running. */
  cpuMs?: number;
  /** The watchdog ended the process for its memory: with this call alone in it, or with several. */
  memoryOf?: "call" | "several";
}

/** What the runtime says of an isolate that it ended. */
const CPU = /cpu|exceeded.*time limit|time limit.*exceeded/i;
const MEMORY = /memory/i;
/** It waits for nothing that could ever come. */
const HUNG = /hung|never generate a response/i;

/** The sandbox did not answer: the runtime ended the isolate, or the watchdog the process (`scripts/platform/sandbox-process.ts`). */
export function stoppedFailure(
  error: unknown,
  { elapsedMs, sent, stuckMs, cpuMs, memoryOf }: Stopped,
): Extract<ActionResult, { ok: false }> {
  const said = error instanceof Error ? error.message : "";
  const unknown = sent ? { outcomeUnknown: true } : {};
  if (CPU.test(said)) return { ...timeout(cpuMs ?? codeCallLimits(undefined).cpuMs, elapsedMs), ...unknown };
  if (HUNG.test(said)) {
    const message = "The code waits for what can never come: a promise that nothing settles";
    return { ok: false, error: { code: "TIMEOUT", message, details: { elapsed_ms: elapsedMs } }, ...unknown };
  }
  if (memoryOf === "several") {
    const message =
      "The sandbox was ended because one of the calls in it took too much memory: not for certain this one";
    const details = {
      backend: "sandbox",
      limit: "memory",
      suggestion: "try again: the sandbox is started anew at once",
    };
    return { ok: false, error: { code: "UNAVAILABLE", message, details }, ...unknown };
  }
  if (memoryOf === "call" || MEMORY.test(said))
    return {
      ok: false,
      permanent: true,
      error: {
        code: "VALIDATION",
        message: "The code needs more memory than an isolate has",
        details: { limit: "memory" },
      },
      ...unknown,
    };
  // The watchdog ended the process while this call was in it, for as long as it takes to be called stuck.
  if (stuckMs !== undefined && elapsedMs >= stuckMs) return { ...timeout(stuckMs, elapsedMs), ...unknown };
  const suggestion = "try again: the sandbox is started anew at once";
  return {
    ok: false,
    error: {
      code: "UNAVAILABLE",
      message: "The sandbox stopped before the code answered",
      details: { backend: "sandbox", suggestion },
    },
    ...unknown,
  };
}

function timeout(
  limitMs: number,
  elapsedMs: number,
): { ok: false; error: { code: "TIMEOUT"; message: string; details: JsonObject } } {
  const message = `The code computed for longer than ${limitMs} ms without a pause`;
  return {
    ok: false,
    error: { code: "TIMEOUT", message, details: { limit: "cpu_ms", timeout_ms: limitMs, elapsed_ms: elapsedMs } },
  };
}
