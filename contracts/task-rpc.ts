import type { Json } from "../engine/json.ts";

/** What a service says of an attempt that it finishes later (section 8). */
export type TaskReport =
  /** Its answer, as the envelope that it would have answered at once. */
  { kind: "finish"; envelope: Json } | { kind: "heartbeat" } | { kind: "progress"; percent?: number; message?: string };

/** Which attempt of an execution is meant. */
export interface TaskAttempt {
  path: string;
  runAttempt: number;
  attempt: number;
}

/** What a task's report came to. `over`: that attempt is not waited for any more; `status` is its step's, or its execution's. */
export type TaskAnswer =
  | { kind: "taken" }
  | { kind: "over"; status: string }
  | { kind: "refused"; message: string }
  | { kind: "unavailable" };

/** Tokens that services made themselves: which of ours each stands for. One object for a part of all tokens. */
export interface TaskTokenRpc {
  /** False: the token stands for another attempt of somebody else. `owner` may change what its token stands for. */
  claim(hash: string, owner: string, token: string, expiresAt: number): Promise<boolean>;
  /** Ours, or null; waits up to `waitMs` for it to be claimed. */
  resolve(hash: string, waitMs: number): Promise<string | null>;
}

/** Fewest characters of a token that a service makes itself: it is all that protects the task. */
export const SHORTEST_TASK_TOKEN = 16;
export const LONGEST_TASK_TOKEN = 500;

/** The object that knows a service's own token, by the token's hash (hex). */
export function taskTokenObject(hash: string): string {
  return `task-tokens/${hash.slice(0, 2)}`;
}
