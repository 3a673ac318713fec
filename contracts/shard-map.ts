/** Idempotency keys fall into fixed buckets, so that growing the shards moves buckets and never single keys. */
export const BUCKET_COUNT = 256;
/** An execution's id has two bytes for its shard; nobody needs as many. */
export const MOST_SHARDS = 256;
/** A cell knows a key for 24 hours; the rest is for starts that were under way when the bucket moved. */
const MOVE_KEPT_MS = 24 * 3_600_000 + 600_000;

/** A bucket's move: its keys may be known in the shard that it left. */
export interface BucketMove {
  bucket: number;
  from: number;
  /** Epoch ms. */
  at: number;
}

/** Which shard each bucket of a tenant and environment is in. Kept by the tenant object; the edge has copies, at most 10 s old. */
export interface ShardMap {
  version: number;
  count: number;
  /** Shard of each bucket. */
  buckets: number[];
  /** Moves of the last day, oldest first. */
  moves: BucketMove[];
}

/** What every tenant begins with: one shard, which does over a thousand executions a second. */
export const FIRST_SHARD_MAP: ShardMap = {
  version: 0,
  count: 1,
  buckets: Array.from({ length: BUCKET_COUNT }, () => 0),
  moves: [],
};

/**
 * The map with `count` shards: each new one takes buckets of those that have the most, until all have about as many. A bucket never
 * goes back to a shard that it left.
 */
export function growShards(map: ShardMap, count: number, now: number): ShardMap {
  if (!Number.isInteger(count) || count <= map.count || count > MOST_SHARDS)
    throw new Error(`shards can only grow: from ${map.count} to ${MOST_SHARDS} at most, not to ${count}`);
  const buckets = [...map.buckets];
  const moves = map.moves.filter(({ at }) => at + MOVE_KEPT_MS > now);
  const held = Array.from({ length: count }, (_, shard) => buckets.filter((it) => it === shard).length);
  for (let shard = map.count; shard < count; shard += 1) {
    while ((held[shard] ?? 0) < Math.floor(BUCKET_COUNT / count)) {
      const from = held.indexOf(Math.max(...held));
      const bucket = buckets.lastIndexOf(from);
      buckets[bucket] = shard;
      held[from] = (held[from] ?? 0) - 1;
      held[shard] = (held[shard] ?? 0) + 1;
      moves.push({ bucket, from, at: now });
    }
  }
  return { version: map.version + 1, count, buckets, moves };
}

/** Shards in which keys of a bucket may be known that it has left, the last one first. */
export function formerShards({ moves }: ShardMap, bucket: number, now: number): number[] {
  return moves
    .filter((move) => move.bucket === bucket && move.at + MOVE_KEPT_MS > now)
    .map(({ from }) => from)
    .reverse();
}
