import { isRunErrorCode, type RunError } from "../../engine/errors.ts";
import { isObject, type Json } from "../../engine/json.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { LogLine } from "../../engine/run/log-line.ts";
import type { ActionCall, ActionResult, ReportedUsage } from "../../engine/run/types.ts";

/** What a scripted action answers to one attempt. */
export interface Answer {
  output?: Json;
  /** The output is the input. */
  echo?: boolean;
  error?: RunError;
  retry_after_ms?: number;
  outcome_unknown?: boolean;
  /** Latency before the answer. */
  after_ms?: number;
  /** No answer at all. */
  hang?: boolean;
  /** No answer before the happening `answer` of its path. */
  held?: boolean;
  /** Tokens and cost that the service reports. */
  usage?: ReportedUsage;
  /** What the action says for the execution's log. */
  logs?: LogLine[];
  /** It is finished later, by a happening; how often its service means to be heard of. */
  pending?: true | { heartbeat_ms: number };
}

/** One answer for every attempt, or one for each. */
export type Answers = Answer | Answer[];

/** One attempt as the script saw it. */
export interface SeenCall {
  path: string;
  attempt: number;
  input: Json;
  idempotencyKey: string;
}

const NEVER_MS = 3_600_000;
const LOOK_EVERY_MS = 5;
const USAGE = { compute_ms: 1, egress_bytes: 0 };

/**
 * Plays the actions of one case: answers what the case says for a step's path (`a[1]`), else for its address (`a`), else
 * the input itself, and remembers what it was asked. It needs no platform: `wait` is the host's.
 */
export class Script {
  readonly calls: SeenCall[] = [];
  /** The most calls that were in flight at one time. */
  inFlight = 0;
  readonly #answers: Readonly<Record<string, Answers>>;
  readonly #wait: (ms: number) => Promise<unknown>;
  readonly #letGo = new Set<string>();
  #open = 0;

  constructor(answers: Readonly<Record<string, Answers>>, wait: (ms: number) => Promise<unknown>) {
    this.#answers = answers;
    this.#wait = wait;
  }

  async answer({ path, attempt, input, idempotencyKey }: ActionCall): Promise<ActionResult> {
    this.calls.push({ path, attempt, input, idempotencyKey });
    this.#open += 1;
    this.inFlight = Math.max(this.inFlight, this.#open);
    const answer = this.#find(path, attempt, idempotencyKey);
    if (answer.hang) await this.#wait(NEVER_MS);
    while (answer.held && !this.#letGo.has(path)) await this.#wait(LOOK_EVERY_MS);
    if (answer.after_ms !== undefined) await this.#wait(answer.after_ms);
    this.#open -= 1;
    return resultOf(answer, input);
  }

  /** Whoever asked at this path, or asks yet, is answered. It is looked for rather than told: a promise is not another request's to keep. */
  letGo(path: string): void {
    this.#letGo.add(path);
  }

  /** What a service's envelope means that comes later than its answer. */
  finish(envelope: Json): ActionResult {
    if (!isObject(envelope)) throw new Error("a task is finished with an envelope");
    if (envelope.status === "success") return resultOf({ output: envelope.data ?? null }, null);
    const { code, message } = envelope;
    if (!isRunErrorCode(code) || typeof message !== "string") throw new Error("a failure has a code and a message");
    return resultOf({ error: { code, message } }, null);
  }

  /** `2:a` answers in the second run attempt alone: the key of a call names its own. */
  #find(path: string, attempt: number, idempotencyKey: string): Answer {
    const runAttempt = idempotencyKey
      .slice(0, -path.length - 1)
      .split(":")
      .at(-1);
    const answers = this.#answers[`${runAttempt}:${path}`] ??
      this.#answers[path] ??
      this.#answers[addressOf(path)] ?? { echo: true };
    if (!Array.isArray(answers)) return answers;
    return (
      answers[attempt - 1] ?? { error: { code: "VALIDATION", message: `no answer for attempt ${attempt} of ${path}` } }
    );
  }
}

function resultOf(answer: Answer, input: Json): ActionResult {
  const usage = { ...USAGE, ...answer.usage };
  if (answer.pending !== undefined) return pendingResult(answer.pending, usage);
  if (answer.error === undefined)
    return { ok: true, output: answer.echo ? input : (answer.output ?? null), usage, logs: answer.logs };
  const { error, retry_after_ms: retryAfterMs, outcome_unknown: outcomeUnknown } = answer;
  return { ok: false, error, retryAfterMs, outcomeUnknown, usage, logs: answer.logs };
}

function pendingResult(pending: true | { heartbeat_ms: number }, usage: ActionResult["usage"]): ActionResult {
  const error: RunError = { code: "UNAVAILABLE", message: "It is finished later" };
  const task = pending === true ? {} : { heartbeatMs: pending.heartbeat_ms };
  return { ok: false, permanent: true, error, pending: task, usage };
}
