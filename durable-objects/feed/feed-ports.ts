import type { CoordinatorRpc } from "../../contracts/rpc.ts";
import type { Owner } from "../../contracts/placement.ts";
import type { WebhookAnswer, WebhookRequest } from "../../contracts/webhook-delivery.ts";
import type { LoggedEvent } from "./reader-sockets.ts";

/** The world of a feed object. */
export interface FeedPorts {
  /** Whose feed it is. */
  owner(): Owner;
  now(): number;
  /** From 0 to 1. */
  random(): number;
  /** A new id of 128 random bits behind this prefix. */
  newId(prefix: string): string;
  /** One attempt, by the http plugin Worker. */
  send(request: WebhookRequest): Promise<WebhookAnswer>;
  /** Names of the tenant's cells, from its tenant object. */
  cells(): Promise<string[]>;
  cell(name: string): Pick<CoordinatorRpc, "setFeed">;
  /** Runs `task` after `ms` unless that is taken back. Only while something is in flight: it keeps the object awake. */
  later(ms: number, task: () => void): () => void;
  /** The object's one alarm (epoch ms). */
  setAlarm(at: number): void;
  /** There are notices for the audit log. */
  hintNotices(): void;
  /** The log has grown. */
  logged(events: readonly LoggedEvent[]): void;
  report(message: string, error: unknown): void;
}
