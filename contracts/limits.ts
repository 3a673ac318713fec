export interface Limit {
  /** What a tenant has where nobody says otherwise. */
  default: number;
  /** What an operator may raise it to. */
  maximum: number;
  unit: string;
  description: string;
}

const row = (unit: string, fallback: number, maximum: number, description: string): Limit => ({
  default: fallback,
  maximum,
  unit,
  description,
});

/**
 * Every limit of a tenant and environment (sections 15 and 16): what it starts with, and how far it may be raised. A tenant's
 * own values stand in Postgres, with a copy in its tenant object; `GET /limits` shows them.
 */
export const LIMITS = {
  requests_per_second: row("requests/s", 500, 50_000, "API requests of all keys together, sustained"),
  requests_burst: row("requests", 1_000, 100_000, "API requests that may come at once"),
  key_requests_per_second: row("requests/s", 500, 50_000, "API requests of one key, sustained"),
  key_requests_burst: row("requests", 1_000, 100_000, "API requests of one key that may come at once"),
  concurrent_executions: row(
    "executions",
    10_000,
    1_000_000,
    "Executions that have begun and have not ended; further ones queue. Those that steps start do not count",
  ),
  queued_executions: row(
    "executions",
    10_000,
    100_000,
    "Executions of one shard that may queue for concurrent_executions; further starts are RATE_LIMITED",
  ),
  executions_per_month: row("executions", 1_000_000, 1_000_000_000, "Starts in a calendar month (UTC)"),
  steps_per_month: row(
    "steps",
    10_000_000,
    10_000_000_000,
    "Attempts that reached a plugin in a calendar month (UTC): past it nothing new starts, what runs goes on",
  ),
  stored_bytes: row(
    "bytes",
    9_663_676_416,
    109_951_162_777_600,
    "What executions have on disk, their logs above all: past it nothing new starts, what runs goes on",
  ),
  retention_days: row(
    "days",
    30,
    3_650,
    "How long executions that have ended stay in their coordinator; then they are archived, and are read as before",
  ),
  payload_bytes: row("bytes", 1_048_576, 1_048_576, "Body of a request"),
  document_bytes: row("bytes", 262_144, 262_144, "A workflow or connector document"),
  batch_bytes: row("bytes", 8_388_608, 8_388_608, "Body of a batch of starts"),
  streams: row("streams", 5_000, 100_000, "Open event streams of all executions together"),
  streams_per_execution: row("streams", 2_000, 10_000, "Open event streams of one execution"),
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** What each limit is for one tenant and environment. */
export type Limits = Readonly<Record<LimitName, number>>;

/** Limits that differ from their defaults. */
export type LimitOverrides = Partial<Record<LimitName, number>>;

export const LIMIT_NAMES: readonly LimitName[] = Object.keys(LIMITS) as LimitName[];

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}

/** Why `value` cannot be the limit `name`; undefined when it can. */
export function limitProblem(name: string, value: unknown): string | undefined {
  if (!isLimitName(name)) return `"${name}" is not a limit; there are ${LIMIT_NAMES.join(", ")}.`;
  const { maximum } = LIMITS[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= maximum) return undefined;
  return `${name} must be a whole number from 0 to ${maximum}.`;
}

/** How long executions that have ended stay in their coordinator (ms). */
export function retentionMs({ retention_days: days }: Limits): number {
  return days * 86_400_000;
}

/** The defaults under each of `overrides`, the later over the earlier. */
export function limitsOf(...overrides: readonly (LimitOverrides | undefined)[]): Limits {
  const limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMITS[name].default])) as Record<
    LimitName,
    number
  >;
  for (const override of overrides) for (const name of LIMIT_NAMES) limits[name] = override?.[name] ?? limits[name];
  return limits;
}

/**
 * The defaults of one deployment, as its `DEFAULT_LIMITS` says (a JSON object of names and numbers). Another text is a
 * mistake of the operator's: no request is served.
 */
export function deploymentLimits(written: string | undefined): LimitOverrides {
  if (written === undefined || written === "") return {};
  const overrides: LimitOverrides = {};
  for (const [name, value] of Object.entries(JSON.parse(written) as Record<string, unknown>)) {
    const problem = limitProblem(name, value);
    if (problem !== undefined) throw new Error(`DEFAULT_LIMITS: ${problem}`);
    if (isLimitName(name) && typeof value === "number") overrides[name] = value;
  }
  return overrides;
}
