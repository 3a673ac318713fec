import { RpcTarget } from "cloudflare:workers";
import type { SandboxHost, SandboxRequest, SandboxResponse } from "../../../contracts/code-sandbox-rpc.ts";
import { CallReach } from "./call-reach.ts";

/** What the code of one call reaches, as a stub that dies with the call. Nothing else may be public. */
export class CallHost extends RpcTarget implements SandboxHost {
  readonly #reach: CallReach;

  constructor(...reach: ConstructorParameters<typeof CallReach>) {
    super();
    this.#reach = new CallReach(...reach);
  }

  send(request: SandboxRequest): Promise<SandboxResponse> {
    return this.#reach.send(request);
  }

  log(level: string, message: string, context?: string): Promise<void> {
    return this.#reach.log(level, message, context);
  }

  progress(percent: number | null, message: string | null): Promise<void> {
    return this.#reach.progress(percent, message);
  }
}
