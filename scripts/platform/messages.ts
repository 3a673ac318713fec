/** The main file of each Worker. */
export interface WorkerEntries {
  platform: string;
  toolbox: string;
  http: string;
  code: string;
  sandbox: string;
}

/** What a platform is started with. Plain data: it crosses into the platform's own process. */
export interface PlatformOptions {
  /** Where everything lives: secrets, objects, database, log. */
  dataDir: string;
  /** 0 or nothing picks a free one. */
  port?: number;
  /** Further text bindings of the platform Worker, or other values for the ones it has. */
  vars?: Record<string, string>;
  /** Host names (`name` or `name:port`) that stand for local services, beside those of the examples. */
  hosts?: Record<string, string>;
  /** A real PostgreSQL (trust authentication) instead of the embedded one. */
  postgresUrl?: string;
  /** false: without the example services. */
  services?: boolean;
  /** Other main files for the Workers; for tests of the runner itself. */
  entries?: Partial<WorkerEntries>;
  /** How often the sweeper runs, where that is not to be each minute. */
  sweepMs?: number;
  /** false: without migrations; for tests of the runner itself. */
  migrations?: boolean;
}

export interface Ready {
  type: "ready";
  url: string;
  port: number;
  entryUrl: string;
  workerdPid: number | null;
  databasePort: number;
  bootstrapToken: string;
  /** Where each host name of the development table leads. */
  hosts: Record<string, string>;
  /** Milliseconds from the start of the process to the end of each part. */
  timings: Record<string, number>;
}

export type ToPlatform = { type: "start"; options: PlatformOptions } | { type: "stop" };

export type FromPlatform = { type: "progress"; text: string } | Ready | { type: "failed"; message: string };
