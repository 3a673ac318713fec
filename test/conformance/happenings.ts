import { durationMs } from "../../engine/definition/duration.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { TaskReport } from "../../contracts/task-rpc.ts";
import type { ActId } from "../../engine/run/going-on.ts";
import type { RunCommand } from "../../engine/run/types.ts";

/** What is done to a run, or looked at, while it goes on: as a case writes it. README.md tells each member's meaning. */
export interface HappeningInCase {
  after_ms?: number;
  when?: Record<string, string>;
  /** A call, as `calls` has it: it was made. */
  asked?: string;
  signal?: { name: string; payload?: Json; channel?: string; id?: string; key?: string; path?: string };
  message?: { node: string; payload?: Json };
  decide?: { step: string; decision: "approve" | "reject"; comment?: string; by?: string; roles?: string[] };
  pause?: true | { reason?: string; key?: string };
  resume?: true | { budget?: JsonObject; key?: string };
  shutdown?: true | { graceful?: boolean; deadline?: number | string; key?: string };
  cancel?: true | { reason?: string; compensate?: boolean; key?: string };
  retry?: true | { from_step?: string; inputs?: JsonObject; outputs?: JsonObject; key?: string };
  release?: true;
  /** The path of a call that is `held`. */
  answer?: string;
  /** What a service says of an attempt that it finishes later: its first one, where no attempt is named. */
  task?: { step: string; attempt?: number } & (
    | { complete: Json }
    | { fail: { code: string; message: string } }
    | { heartbeat: true }
    | { progress: { percent?: number; message?: string } }
  );
  see?: JsonObject;
}

/** One moment of a run: plain data, it crosses processes. Where nothing is done, somebody looks at the record. */
export interface Happening {
  /** Since the start. */
  afterMs: number;
  /** Statuses by path; `workflow` is the run's own, `waiting_for` the kind of what it waits for. */
  when: Record<string, string>;
  asked?: string;
  answer?: string;
  command?: RunCommand;
  task?: { path: string; attempt: number; report: TaskReport };
}

/** Who decides where a case does not say: not the one who started the run. */
const SOMEBODY_ELSE = "key_approver";
const NO_OPTIONS: { key?: string } = {};

/** The happenings of a case as the hosts play them, in the order of the case. */
export function happeningsOf(written: readonly HappeningInCase[]): Happening[] {
  return written.map((one) => {
    const { after_ms: afterMs = 0, when = {}, asked, answer } = one;
    const [command, task] = [commandOf(one), taskOf(one)];
    if ([command, task, answer, one.see].filter((part) => part !== undefined).length !== 1)
      throw new Error(`a happening is one thing: ${JSON.stringify(one)}`);
    return { afterMs, when, asked, answer, ...(command ? { command } : {}), ...(task ? { task } : {}) };
  });
}

function commandOf(one: HappeningInCase): RunCommand | undefined {
  const { signal, message, decide } = one;
  if (signal) return { type: "signal", ...signal, payload: signal.payload ?? null };
  if (message) return { type: "message", node: message.node, payload: message.payload ?? null };
  if (decide) return { type: "decide", ...decide, by: decide.by ?? SOMEBODY_ELSE, roles: decide.roles ?? [] };
  if (one.pause) return { type: "pause", ...once(options(one.pause)) };
  if (one.resume) return { type: "resume", ...once(options(one.resume)) };
  if (one.cancel) return { type: "cancel", ...once(options(one.cancel)) };
  if (one.retry) return retryOf(options(one.retry));
  if (one.release) return { type: "release" };
  if (one.shutdown) {
    const { graceful, deadline, act }: { graceful?: boolean; deadline?: number | string; act?: ActId } = once(
      options(one.shutdown),
    );
    return { type: "shutdown", graceful, deadlineMs: deadline === undefined ? undefined : durationMs(deadline), act };
  }
  return undefined;
}

function retryOf(written: Exclude<HappeningInCase["retry"], true | undefined>): RunCommand {
  const { from_step: from, inputs, outputs, key } = written;
  const act = key === undefined ? undefined : { key, body: JSON.stringify(written) };
  return { type: "retry", from, inputs, outputs, act, actor: "key_retrier" };
}

function taskOf({ task }: HappeningInCase): Happening["task"] {
  if (task === undefined) return undefined;
  const { step: path, attempt = 1 } = task;
  return { path, attempt, report: reportOf(task) };
}

function reportOf(task: NonNullable<HappeningInCase["task"]>): TaskReport {
  if ("complete" in task) return { kind: "finish", envelope: { status: "success", data: task.complete } };
  if ("fail" in task) return { kind: "finish", envelope: { status: "error", ...task.fail } };
  return "progress" in task ? { kind: "progress", ...task.progress } : { kind: "heartbeat" };
}

/** With a `key`, an act counts once. */
function once<T extends { key?: string }>({ key, ...written }: T): Omit<T, "key"> & { act?: ActId } {
  return key === undefined ? written : { ...written, act: { key, body: JSON.stringify(written) } };
}

function options<T extends object>(written: true | T): T | typeof NO_OPTIONS {
  return written === true ? NO_OPTIONS : written;
}
