import { Log, LogLevel } from "miniflare";

/** How every workerd of this repository is started: on a free port of this machine, with no logs, no registry and no telemetry. */
export const QUIET_RUNTIME = {
  host: "127.0.0.1",
  port: 0,
  cf: false,
  logRequests: false,
  enableDevRegistry: false,
  telemetry: { enabled: false },
  stripDisablePrettyError: true,
  log: new Log(LogLevel.WARN),
} as const;
