import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";

/** What a dynamic isolate is made of. */
export interface IsolateCode {
  compatibilityDate: string;
  mainModule: string;
  modules: Record<string, string | { wasm: WebAssembly.Module }>;
  env: Record<string, unknown>;
  /** Where its fetches go; null: nowhere. */
  globalOutbound: Fetcher | null;
}

/*
 * The loader as it is used here. Written out, because the platform's own type lets `globalOutbound` be left out, and an
 * isolate without it has the whole network of its parent.
 */
export interface IsolateLoader {
  get(name: string, code: () => IsolateCode): { getEntrypoint(): PluginRpc };
}

/**
 * The isolate that runs a plugin's code for one isolated execution and no other (section 11). The first call makes it.
 * The only place that reaches the loader: `test/architecture/loader.test.ts`.
 */
export function loadIsolate(
  loader: IsolateLoader,
  { tenantId, executionId }: CallContext,
  code: string,
  reach: Pick<IsolateCode, "env" | "globalOutbound"> & Partial<Pick<IsolateCode, "modules">>,
): PluginRpc {
  const isolate = loader.get(`isolated:${tenantId}:${executionId}`, () => ({
    compatibilityDate: "2026-10-23",
    mainModule: "main.js",
    modules: { ...reach.modules, "main.js": code },
    env: reach.env,
    globalOutbound: reach.globalOutbound,
  }));
  return isolate.getEntrypoint();
}
