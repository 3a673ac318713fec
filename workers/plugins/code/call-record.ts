import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { StepReport } from "../../../contracts/rpc.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import type { ActionResult } from "../../../engine/run/types.ts";

const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];
const MOST_CONTEXT_CHARS = 16_384;

/** What one call has done so far: bounded here, whatever its code does. */
export class CallRecord {
  readonly #report: (report: StepReport) => Promise<unknown>;
  readonly #reports = new Set<Promise<unknown>>();
  egressBytes = 0;
  requests = 0;
  open = 0;
  /** Milliseconds that the call waited for a place: nothing was computed meanwhile. */
  waitedMs = 0;
  /** It has been handed to the sandbox. */
  begun = false;
  /** A request that may have changed something has left. */
  sent = false;
  /** Its connection could not be used while it ran: what the step fails with, where the code fails too. */
  failed: Extract<ActionResult, { ok: false }> | undefined;
  /** The call is over: nothing is done for it any more. */
  closed = false;
  #lines = 0;
  #progressReports = 0;

  constructor(report: (report: StepReport) => Promise<unknown>) {
    this.#report = report;
  }

  /** Everything here comes from the code. */
  log(level: unknown, message: unknown, context: unknown): void {
    this.#lines += 1;
    if (this.#lines > CODE_LIMITS.logLines + 1) return;
    if (this.#lines > CODE_LIMITS.logLines) {
      const message = `Further lines are left out: a call may say ${CODE_LIMITS.logLines}`;
      this.say({ kind: "log", level: "warn", message });
      return;
    }
    const known = typeof level === "string" && LEVELS.includes(level) ? level : "info";
    const fields = fieldsOf(context);
    this.say({ kind: "log", level: known, message: cut(String(message)), ...(fields ? { context: fields } : {}) });
  }

  progress(percent: unknown, message: unknown): void {
    this.#progressReports += 1;
    if (this.#progressReports > CODE_LIMITS.progressReports) return;
    const share = typeof percent === "number" && Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : null;
    this.say({
      kind: "progress",
      ...(share === null ? {} : { percent: share }),
      ...(typeof message === "string" ? { message: cut(message) } : {}),
    });
  }

  /** A report that is lost is lost: it changes nothing about the call. */
  say(report: StepReport): void {
    if (this.closed) return;
    const told = this.#report(report)
      .catch(() => undefined)
      .finally(() => this.#reports.delete(told));
    this.#reports.add(told);
  }

  /** All that was said has arrived: it comes before the result. */
  async settle(): Promise<void> {
    this.closed = true;
    await Promise.all(this.#reports);
  }
}

function cut(text: string): string {
  const { logLineChars } = CODE_LIMITS;
  return text.length > logLineChars ? `${text.slice(0, logLineChars)}…` : text;
}

function fieldsOf(context: unknown): JsonObject | undefined {
  if (typeof context !== "string" || context.length > MOST_CONTEXT_CHARS) return undefined;
  try {
    const value = JSON.parse(context);
    return isObject(value) ? value : { value };
  } catch {
    return undefined;
  }
}
