import type { SandboxHost, SandboxJob } from "../../../contracts/code-sandbox-rpc.ts";
import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** The face of the harness (`inside/harness.ts`). What it answers is users' code's. */
export interface HarnessRpc {
  run(job: Omit<SandboxJob, "isolate" | "cpuMs">, host: SandboxHost): Promise<unknown>;
}

/** All that the sandbox Worker has: no key, no object, no other Worker. */
export interface Env {
  LOADER: IsolateLoader;
}
