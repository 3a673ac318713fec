import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { RunError } from "../../engine/errors.ts";
import { isObject, type Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { Evidence } from "./evidence.ts";
import type { Outcome } from "./soak-service.ts";

const USAGE = { compute_ms: 1, egress_bytes: 0 };
/** What a kill is found between: the times of a record are cut to whole ms, and the kill is noted when it is over. */
const SLACK_MS = 2_000;

/** Answers a memory host's calls as the service answered those of the platform. */
export class AnswerBook {
  /** Calls that the platform never made. */
  readonly missing: string[] = [];
  readonly #evidence: Evidence;
  readonly #kills: readonly number[];
  /** Executions by their names on the memory host. */
  readonly #children = new Map<string, Evidence>();
  readonly #idOfPath = new Map<string, string>();
  readonly #attempts = new Map<string, Map<string, number>>();

  constructor(evidence: Evidence, kills: readonly number[]) {
    this.#evidence = evidence;
    this.#kills = kills;
  }

  /** The step at `path` has started an execution, which has this name on the memory host. */
  adopt(name: string, path: string): void {
    const child = this.#evidence.children.get(path);
    if (!child) return void this.missing.push(`${path} started no execution`);
    this.#children.set(name, child);
    this.#idOfPath.set(path, child.record.execution_id);
  }

  /** The platform's id of the execution that the step at `path` started. */
  adopted(path: string): string {
    return this.#idOfPath.get(path) ?? "";
  }

  /** Idempotency key → the highest attempt, of the service's calls of an execution. */
  calls(executionId: string): Map<string, number> {
    return this.#attempts.get(executionId) ?? new Map();
  }

  answer(call: ActionCall): ActionResult {
    if (call.action.action === "add") return { ok: true, output: sumOf(call.input), usage: USAGE };
    // `execution:run_attempt:path`, and no name of an execution has a colon.
    const at = call.idempotencyKey.indexOf(":");
    const name = call.idempotencyKey.slice(0, at);
    const evidence = this.#children.get(name) ?? this.#evidence;
    const { record, calls } = evidence;
    const key = record.execution_id + call.idempotencyKey.slice(at);
    if (wasInterrupted(record, call, this.#kills)) {
      if ((calls.get(key)?.attempts.size ?? 0) > 0) this.#made(record.execution_id, key, call.attempt);
      return { ok: false, outcomeUnknown: true, error: { code: "UNAVAILABLE", message: "the platform was killed" } };
    }
    this.#made(record.execution_id, key, call.attempt);
    const outcome = calls.get(key)?.attempts.get(call.attempt)?.outcome;
    if (outcome) return resultOf(outcome);
    this.missing.push(`attempt ${call.attempt} of ${call.path} never came to the service`);
    return { ok: false, permanent: true, error: { code: "INTERNAL_ERROR", message: "never made" }, usage: USAGE };
  }

  #made(executionId: string, key: string, attempt: number): void {
    const own = this.#attempts.get(executionId) ?? new Map<string, number>();
    this.#attempts.set(executionId, own.set(key, Math.max(attempt, own.get(key) ?? 0)));
  }
}

/** What must not be repeated, and was under way when the platform was killed, has failed with an unknown outcome: rightly. */
function wasInterrupted({ steps }: ExecutionRecord, { action, path }: ActionCall, kills: readonly number[]): boolean {
  if (action.idempotent) return false;
  const step = steps.find((it) => it.path === path);
  const { reason, backend } = step?.error?.details ?? {};
  // One that names its backend got that far: its answer was cut off.
  if (!step?.started_at || !step.finished_at || reason !== "outcome_unknown" || backend !== undefined) return false;
  const [from, to] = [Date.parse(step.started_at) - SLACK_MS, Date.parse(step.finished_at) + SLACK_MS];
  return kills.some((at) => at >= from && at <= to);
}

function resultOf(outcome: Outcome): ActionResult {
  switch (outcome.kind) {
    case "success":
      return { ok: true, output: outcome.data, usage: USAGE };
    case "error":
      return { ok: false, error: saidError(outcome.code), usage: USAGE };
    case "cut":
      return { ok: false, outcomeUnknown: true, error: { code: "UNAVAILABLE", message: "cut" }, usage: USAGE };
    default:
      return outcome satisfies never;
  }
}

/** A service's own failure, as the http plugin tells it: templates may read its details. */
function saidError(code: Extract<Outcome, { kind: "error" }>["code"]): RunError {
  return { code, message: "as its input says", details: { status: 200, upstream_code: code } };
}

function sumOf(input: Json): Json {
  const { a, b } = isObject(input) ? input : {};
  return { result: Number(a) + Number(b) };
}
