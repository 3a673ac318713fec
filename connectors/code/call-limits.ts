import type { JsonObject } from "../../engine/json.ts";
import { coresOf } from "../manifest/cores-of.ts";
import { CODE_LIMITS } from "./code-limits.ts";

/** What one call of a connector may use, as its manifest says and section 15 bounds it. */
export interface CodeCallLimits {
  cpuMs: number;
  /** Calls of one connection at once; absent: the usual number, which each isolate of the plugin counts for itself. */
  concurrent?: number;
}

/** Reads `runtime.resources`: `cpu` in cores (`0.5`, `500m`) is computing time here, since an isolate has no cores of its own. */
export function codeCallLimits(resources: JsonObject | undefined): CodeCallLimits {
  const { least, most, usual } = CODE_LIMITS.cores;
  const cores = coresOf(resources?.cpu) ?? usual;
  const cpuMs = Math.round(Math.min(most, Math.max(least, cores)) * CODE_LIMITS.cpuMsPerCore);
  const { concurrent } = resources ?? {};
  if (typeof concurrent !== "number") return { cpuMs };
  return { cpuMs, concurrent: Math.min(CODE_LIMITS.concurrent.most, Math.max(1, Math.floor(concurrent))) };
}
