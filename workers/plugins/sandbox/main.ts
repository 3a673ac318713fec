import { WorkerEntrypoint } from "cloudflare:workers";
import type {
  SandboxHost,
  SandboxJob,
  SandboxOutcome,
  SandboxRpc,
  SandboxSource,
} from "../../../contracts/code-sandbox-rpc.ts";
import { loadIsolate } from "../isolate/load-isolate.ts";
import type { Env, HarnessRpc } from "./env.ts";
import harness from "./generated/harness.txt";

/** Older than the one from which Node's modules are there by themselves; fixed, so that published code goes on meaning the same. */
const COMPATIBILITY = { compatibilityDate: "2026-07-01", compatibilityFlags: ["nodejs_als"] };
/** What a call may send to its host: requests, log lines and progress together (`connectors/code/code-limits.ts`). */
const SUB_REQUESTS = 2_000;
/** No answer may be longer, whatever its text says: the plugin looks at the rest. */
const MOST_CHARS = 4_194_304;

/** The sandbox: runs published modules in isolates that reach nothing but what a call hands in. */
export default class Sandbox extends WorkerEntrypoint<Env> implements SandboxRpc {
  /** A Worker that answers is not stuck in somebody's loop: asked by the local watchdog. */
  override fetch(): Response {
    return new Response("ok\n");
  }

  async run(job: SandboxJob, host: SandboxHost, source: SandboxSource): Promise<SandboxOutcome> {
    const { isolate, cpuMs, ...call } = job;
    const entry = loadIsolate<HarnessRpc>(this.env.LOADER, isolate, async () => {
      const modules = Object.entries(await source.modules()).map(([name, text]) => [`modules/${name}`, text]);
      return {
        ...COMPATIBILITY,
        mainModule: "harness.js",
        modules: { "harness.js": harness, ...Object.fromEntries(modules) },
        env: {},
        globalOutbound: null,
        limits: { cpuMs, subRequests: SUB_REQUESTS },
      };
    });
    const answer = await entry.run(call, host);
    if (typeof answer !== "string") return { kind: "none" };
    return answer.length > MOST_CHARS ? { kind: "larger" } : { kind: "answer", text: answer };
  }
}
