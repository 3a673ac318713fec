import type { Failure, Result } from "./errors.ts";
import type { Environment } from "./execution.ts";

/*
 * Campaigns: one act on many executions. An object for each tenant and environment keeps which executions they are and what has become
 * of each, and has the platform Worker do a few at a time.
 */

export const CAMPAIGN_ACTIONS = ["cancel", "retry", "migrate"] as const;
export type CampaignAction = (typeof CAMPAIGN_ACTIONS)[number];
export const CAMPAIGN_STATUSES = ["running", "paused", "stopped", "completed"] as const;
export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number];
/** `stopped`: nobody asked any more. */
export const CAMPAIGN_ITEM_STATES = ["pending", "done", "refused", "stopped"] as const;
export type CampaignItemState = (typeof CAMPAIGN_ITEM_STATES)[number];

/** What is done to each execution. */
export interface CampaignOrder {
  /** `camp_…`: with it, an execution is acted on once. */
  id: string;
  owner: { tenantId: string; environment: Environment };
  action: CampaignAction;
  reason?: string;
  compensate?: boolean;
  version?: string;
  fromStep?: string;
  /** Whose rights it has: those of the key that began it, as they were then. */
  actor: { keyId: string; roles: string[]; permissions: string[] };
}

export interface NewCampaign {
  order: CampaignOrder;
  /** As it was asked for: another request with the same id is another campaign's. */
  bodyHash: string;
  /** How the executions were chosen, for readers. */
  filter: Record<string, string>;
  atOnce: number;
  executionIds: string[];
}

export interface CampaignView {
  order: CampaignOrder;
  filter: Record<string, string>;
  atOnce: number;
  status: CampaignStatus;
  /** Epoch ms. */
  createdAt: number;
  finishedAt: number | null;
  total: number;
  done: number;
  refused: number;
}

export interface CampaignItem {
  position: number;
  executionId: string;
  state: CampaignItemState;
  /** How often it has been asked, and there was an answer: more than once where it was put off, without room or out of reach. */
  tries: number;
  code: string | null;
  message: string | null;
  /** When it was last asked, epoch ms. */
  at: number | null;
}

/** What came of one execution. */
export type CampaignOutcome =
  | { kind: "done" }
  /** Its state does not allow it: it is as it was. */
  | { kind: "refused"; code: string; message: string }
  /** Not now. */
  | { kind: "later"; code: string; message: string; retryAfterMs?: number };

/** The platform Worker as a campaigns object calls it. Outcomes in the order of the ids. */
export interface CampaignStepsRpc {
  step(order: CampaignOrder, executionIds: string[]): Promise<CampaignOutcome[]>;
}

export type CampaignSteering = "pause" | "resume" | "stop";

export interface CampaignsRpc {
  /** Begins it; repeating the call is harmless. */
  create(campaign: NewCampaign): Promise<CampaignView | Failure>;
  get(id: string): Promise<CampaignView | null>;
  /** The newest first. */
  list(): Promise<CampaignView[]>;
  items(
    id: string,
    query: { state?: CampaignItemState; after: number; limit: number },
  ): Promise<{ items: CampaignItem[]; more: boolean } | null>;
  /** With `key`, once: also where it changed nothing. */
  steer(id: string, how: CampaignSteering, key?: string): Promise<Result<CampaignView> | null>;
}
