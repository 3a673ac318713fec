/** What all shards of a tenant and environment do together. */
export interface ShardLoad {
  startsPerSecond: number;
  /** Attempts that reached a plugin. */
  stepsPerSecond: number;
  /** Executions that have begun and have not ended. */
  running: number;
}

/** What one shard is given before there is another; names as a deployment writes them (`SHARD_CAPACITY`). */
export interface ShardCapacity {
  starts_per_second: number;
  steps_per_second: number;
  running: number;
  /** No further than to so many shards: beyond that an operator decides. */
  most_shards: number;
}

const SHARD_CAPACITY: Readonly<ShardCapacity> = {
  starts_per_second: 500,
  steps_per_second: 2_500,
  running: 5_000,
  most_shards: 16,
};

/**
 * How many shards a load wants of a tenant that has `count`: as many as it takes for each to stay below its capacity, never fewer
 * than there are, never more than twice as many at once (what was measured is the past), and at most `most_shards`.
 */
export function shardsFor(load: ShardLoad, count: number, capacity: ShardCapacity): number {
  const wanted = Math.ceil(
    Math.max(
      load.startsPerSecond / capacity.starts_per_second,
      load.stepsPerSecond / capacity.steps_per_second,
      load.running / capacity.running,
    ),
  );
  return Math.max(count, Math.min(wanted, count * 2, capacity.most_shards));
}

/** The capacity of one deployment: the defaults under its `SHARD_CAPACITY`, a JSON object. Another text is a mistake of the operator's. */
export function shardCapacity(written: string | undefined): ShardCapacity {
  const capacity: ShardCapacity = { ...SHARD_CAPACITY };
  if (written === undefined || written === "") return capacity;
  for (const [name, value] of Object.entries(JSON.parse(written) as Record<string, unknown>)) {
    if (!isCapacityName(name))
      throw new Error(`SHARD_CAPACITY: "${name}" is none of ${Object.keys(SHARD_CAPACITY).join(", ")}.`);
    const isCount = typeof value === "number" && Number.isInteger(value) && value >= 1;
    if (!isCount || (name === "most_shards" && value > 256))
      throw new Error(
        `SHARD_CAPACITY: ${name} must be a whole number from 1${name === "most_shards" ? " to 256" : ""}.`,
      );
    capacity[name] = value;
  }
  return capacity;
}

function isCapacityName(name: string): name is keyof ShardCapacity {
  return Object.hasOwn(SHARD_CAPACITY, name);
}
