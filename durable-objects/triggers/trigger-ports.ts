import type { TriggerStartsRpc } from "../../contracts/triggers-rpc.ts";

/** The world of a triggers object. */
export interface TriggerPorts {
  now(): number;
  /** The platform Worker, which starts executions. */
  readonly starts: TriggerStartsRpc;
  /** Runs `task` after `ms` unless that is taken back. Only while something is in flight: it keeps the object awake. */
  later(ms: number, task: () => void): () => void;
  /** The object's one alarm (epoch ms). */
  setAlarm(at: number): void;
  report(message: string, error: unknown): void;
}
