import type { Owner } from "./placement.ts";

/** A row of a connection is being made, changed or deleted: said before it is, and over when its copy is as it. */
export interface ConnectionWrite {
  id: string;
  connector: string;
  /** The row's `updatedAt` will be this or later, epoch ms. */
  at: number;
}

/** Whoever has not made its copy good after so long (ms) is not going to: no request lasts as long. */
export const WRITE_OVER_MS = 120_000;

/** The platform Worker as a tenant object calls it. */
export interface ConnectionCopiesRpc {
  /** Makes the copies of these connections as their rows are. Throws where the rows cannot be read. */
  settle(owner: Owner, writes: ConnectionWrite[]): Promise<void>;
}
