import type { Environment } from "./execution.ts";

/** Purpose of the ticket (`vault/ticket.ts`) in a connect link's address. */
export const CONNECT_LINK = "connect-link";

/** What a connect link is for: one connection, or one that is to be made for a connector (and an end user). */
export interface ConnectLink {
  environment: Environment;
  connector: string;
  connectionId: string | null;
  endUser: string | null;
  nonce: string;
}

/** What may be used once, and until when (epoch ms) it is remembered that it was. */
export interface TakenOnce {
  nonce: string;
  expiresAt: number;
}

/** How long a connect link is taken while its connection is made (ms): after a crash in that time it works again. */
export const LINK_CLAIM_MS = 15_000;
