import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import type { Environment } from "./execution.ts";
import { ID_PREFIX } from "./ids.ts";
import { FIRST_SHARD_MAP, formerShards, MOST_SHARDS, type ShardMap } from "./shard-map.ts";

/*
 * Which object runs an execution, and how its id says so. Pure: time and randomness come in.
 *
 * Id: exec_ + base 32 of time (6 bytes, ms) · kind (1) · shard (2) · random (8) · MAC (8). The MAC is taken over tenant,
 * environment and the rest, so the id of another tenant, or a made-up one, is refused before any object is touched,
 * and the id shows nothing of the tenant.
 */
const TIME = 6;
const KIND = TIME;
const SHARD = KIND + 1;
const RANDOM = SHARD + 2;
const MAC = RANDOM + 8;
const LENGTH = MAC + 8;
const ID_TEXT = new RegExp(`^${ID_PREFIX.execution}([0-9a-hjkmnp-tv-z]{40})$`);

const KINDS = ["cell", "isolated"] as const;
export type PlacementKind = (typeof KINDS)[number];

export interface Owner {
  tenantId: string;
  environment: Environment;
}

export interface Placed {
  executionId: string;
  /** Name of the coordinator object. */
  cell: string;
  /** Cells that may know its Idempotency-Key from before its bucket moved, the last one first. */
  former: string[];
}

export interface PlacementWish {
  kind: PlacementKind;
  now: number;
  /** Eight bytes or more. */
  random: Uint8Array;
  /** Two starts with one key meet in one object. */
  idempotencyKey?: string;
  /** The tenant's, where it has more than one shard. */
  shards?: ShardMap;
}

/** Names of a tenant's objects. */
export function tenantObjectName(owner: Owner): string {
  return `global/${owner.tenantId}/${owner.environment}`;
}

/** Whose an object is, by its name: `tenantObjectName`, or anything below it. */
export function ownerOfObject(name: string): Owner {
  const [, tenantId = "", environment] = name.split("/");
  return { tenantId, environment: environment === "live" ? "live" : "test" };
}

function shardName(owner: Owner, shard: number): string {
  return `${tenantObjectName(owner)}/s${shard}`;
}

function cellName(owner: Owner, body: Uint8Array): string | null {
  const kind = KINDS[body[KIND] ?? -1];
  const shard = (body[SHARD] ?? 0) * 256 + (body[SHARD + 1] ?? 0);
  // Whoever made the id had a map with that shard, and shards are never taken away.
  if (kind === "cell") return shard < MOST_SHARDS ? shardName(owner, shard) : null;
  if (kind === "isolated") return `${tenantObjectName(owner)}/i${encodeBase32(body.subarray(RANDOM, MAC))}`;
  return null;
}

/** Places new executions and finds placed ones, under the deployment's EXECUTION_ID_KEY (32 bytes). */
export class Placement {
  readonly #keyed: ReturnType<typeof hmac.create>;

  constructor(key: Uint8Array) {
    if (key.length < 32) throw new Error("EXECUTION_ID_KEY must hold at least 32 bytes");
    this.#keyed = hmac.create(sha256, key);
  }

  #mac(purpose: string, owner: Owner, data: Uint8Array): Uint8Array {
    const bound = utf8ToBytes(`${purpose}\0${owner.tenantId}\0${owner.environment}\0`);
    return this.#keyed.clone().update(bound).update(data).digest();
  }

  place(owner: Owner, wish: PlacementWish): Placed {
    const body = new Uint8Array(MAC);
    let rest = wish.now;
    for (let at = TIME - 1; at >= 0; at -= 1) {
      body[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    body[KIND] = KINDS.indexOf(wish.kind);
    body.set(wish.random.subarray(0, 8), RANDOM);
    let bucket = wish.random[0] ?? 0;
    if (wish.idempotencyKey !== undefined) {
      const keyed = this.#mac("idempotency", owner, utf8ToBytes(wish.idempotencyKey));
      bucket = keyed[0] ?? 0;
      // An isolated object is named by the random part, so equal keys must name equal objects.
      if (wish.kind === "isolated") body.set(keyed.subarray(1, 9), RANDOM);
    }
    const { shards = FIRST_SHARD_MAP } = wish;
    const shard = shards.buckets[bucket] ?? 0;
    if (wish.kind === "cell") body.set([shard >> 8, shard & 255], SHARD);
    const keyed = wish.kind === "cell" && wish.idempotencyKey !== undefined;
    const cell = cellName(owner, body);
    if (cell === null) throw new Error("a new execution was placed in a shard that does not exist");
    const mac = this.#mac("execution", owner, body).subarray(0, 8);
    return {
      executionId: ID_PREFIX.execution + encodeBase32(concatBytes(body, mac)),
      cell,
      former: keyed ? formerShards(shards, bucket, wish.now).map((from) => shardName(owner, from)) : [],
    };
  }

  /**
   * The id of an execution that a step of `parentId` starts: in the same object, and the same for the same `seed`, so that a
   * crash between two tries makes one execution.
   */
  child(owner: Owner, parentId: string, seed: string): string {
    const parent = decodeBase32(ID_TEXT.exec(parentId)?.[1] ?? "");
    if (parent === null || parent.length !== LENGTH) throw new Error(`${parentId} is no execution id`);
    const body = parent.slice(0, MAC);
    const derived = this.#mac("child", owner, utf8ToBytes(`${parentId}\0${seed}`));
    // An isolated object is named by the random part; its children differ in time and shard, which nothing else reads there.
    if (KINDS[body[KIND] ?? -1] === "isolated") {
      body.set(derived.subarray(0, TIME), 0);
      body.set(derived.subarray(TIME, TIME + 2), SHARD);
    } else {
      body.set(derived.subarray(0, 8), RANDOM);
    }
    return ID_PREFIX.execution + encodeBase32(concatBytes(body, this.#mac("execution", owner, body).subarray(0, 8)));
  }

  /** The object that holds an execution of this owner; null for a forged, foreign or malformed id. */
  locate(owner: Owner, executionId: string): string | null {
    const bytes = decodeBase32(ID_TEXT.exec(executionId)?.[1] ?? "");
    if (bytes === null || bytes.length !== LENGTH) return null;
    const mac = this.#mac("execution", owner, bytes.subarray(0, MAC));
    let difference = 0;
    for (let at = MAC; at < LENGTH; at += 1) difference |= (bytes[at] ?? 0) ^ (mac[at - MAC] ?? 0);
    return difference === 0 ? cellName(owner, bytes) : null;
  }
}
