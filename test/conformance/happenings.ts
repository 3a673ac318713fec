import { durationMs } from "../../engine/definition/duration.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { RunCommand } from "../../engine/run/types.ts";

/** What is done to a run, or looked at, while it goes on: as a case writes it. README.md tells each member's meaning. */
export interface HappeningInCase {
  after_ms?: number;
  when?: Record<string, string>;
  signal?: { name: string; payload?: Json; channel?: string; id?: string; key?: string; path?: string };
  message?: { node: string; payload?: Json };
  decide?: { step: string; decision: "approve" | "reject"; comment?: string; by?: string; roles?: string[] };
  pause?: true | { reason?: string };
  resume?: true | { budget?: JsonObject };
  shutdown?: true | { graceful?: boolean; deadline?: number | string };
  cancel?: true | { reason?: string; compensate?: boolean };
  release?: true;
  see?: JsonObject;
}

/** One moment of a run: plain data, it crosses processes. Without a command somebody looks at the record. */
export interface Happening {
  /** Since the start. */
  afterMs: number;
  /** Statuses by path; `workflow` is the run's own. */
  when: Record<string, string>;
  command?: RunCommand;
}

/** Who decides where a case does not say: not the one who started the run. */
const SOMEBODY_ELSE = "key_approver";
const NO_OPTIONS = {};

/** The happenings of a case as the hosts play them, in the order of the case. */
export function happeningsOf(written: readonly HappeningInCase[]): Happening[] {
  return written.map((one) => {
    const { after_ms: afterMs = 0, when = {} } = one;
    const command = commandOf(one);
    if ((command === undefined) === (one.see === undefined))
      throw new Error(`a happening is one thing: ${JSON.stringify(one)}`);
    return command ? { afterMs, when, command } : { afterMs, when };
  });
}

function commandOf(one: HappeningInCase): RunCommand | undefined {
  const { signal, message, decide } = one;
  if (signal) return { type: "signal", ...signal, payload: signal.payload ?? null };
  if (message) return { type: "message", node: message.node, payload: message.payload ?? null };
  if (decide) return { type: "decide", ...decide, by: decide.by ?? SOMEBODY_ELSE, roles: decide.roles ?? [] };
  if (one.pause) return { type: "pause", ...options(one.pause) };
  if (one.resume) return { type: "resume", ...options(one.resume) };
  if (one.cancel) return { type: "cancel", ...options(one.cancel) };
  if (one.release) return { type: "release" };
  if (one.shutdown) {
    const { graceful, deadline }: { graceful?: boolean; deadline?: number | string } = options(one.shutdown);
    return { type: "shutdown", graceful, deadlineMs: deadline === undefined ? undefined : durationMs(deadline) };
  }
  return undefined;
}

function options<T extends object>(written: true | T): T | typeof NO_OPTIONS {
  return written === true ? NO_OPTIONS : written;
}
