import type { ConnectionCopiesRpc, ConnectionWrite } from "../../contracts/connection-copies-rpc.ts";
import type { Owner } from "../../contracts/placement.ts";
import type { ConnectionQuery, SealedConnection } from "../../contracts/rpc.ts";
import type { ConnectionTable } from "./connection-table.ts";

/** How long a call waits for Postgres to say what a row is: one that can go on, with a copy or without a connection, and one that cannot. */
const GOING_ON_MS = 1_000;
const STUCK_MS = 5_000;
/** Nobody asks again for so long after there was no answer: those that can go on after any, those that cannot after one of their own. */
const REST_MS = 5_000;

export interface CopiesPorts {
  now(): number;
  /** Resolves after `ms`. */
  wait(ms: number): Promise<void>;
  owner: Owner;
  rows: ConnectionCopiesRpc;
}

/**
 * Finds connections for calls. Where the row of one that the call may mean was being written when its writer was last heard of, the copy is
 * made as the row is before it is used: a platform that was killed between the two is not noticed.
 */
export class Copies {
  readonly #table: ConnectionTable;
  readonly #ports: CopiesPorts;
  readonly #asking = new Map<string, Promise<void>>();
  readonly #restsUntil = { needed: 0, goingOn: 0 };

  constructor(table: ConnectionTable, ports: CopiesPorts) {
    this.#table = table;
    this.#ports = ports;
  }

  /** Where there may be one, and nobody can say: `unsettled` for a call that goes on without one; throws for others, which are tried again. */
  async find(query: ConnectionQuery): Promise<SealedConnection | "unsettled" | null> {
    const found = this.#table.find(query);
    const writes = this.#table.writes(query.connector);
    if (writes.length === 0 || (found !== null && !writes.some(({ id }) => id === found.id))) return found;
    const needed = found === null && query.optional !== true;
    try {
      await this.#settled(query.connector, writes, needed);
    } catch (error) {
      if (needed) throw error;
      return found ?? "unsettled";
    }
    return this.#table.find(query);
  }

  async #settled(connector: string, writes: ConnectionWrite[], needed: boolean): Promise<void> {
    const { now, wait, owner, rows } = this.#ports;
    const rests = this.#restsUntil;
    if (now() < (needed ? rests.needed : rests.goingOn)) throw new Error(UNSETTLED);
    const asked = this.#asking.get(connector) ?? rows.settle(owner, writes);
    this.#asking.set(connector, asked);
    const late = wait(needed ? STUCK_MS : GOING_ON_MS).then(() => Promise.reject(new Error(UNSETTLED)));
    late.catch(() => undefined);
    try {
      await Promise.race([asked, late]);
    } catch (error) {
      rests.goingOn = now() + REST_MS;
      if (needed) rests.needed = rests.goingOn;
      asked.catch(() => undefined);
      throw error;
    } finally {
      if (this.#asking.get(connector) === asked) this.#asking.delete(connector);
    }
  }
}

const UNSETTLED = "a connection was being written, and its row cannot be read right now";
