import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import { type IsolateCode, type IsolateLoader, loadIsolate } from "./load-isolate.ts";

/** A plugin's own code in the isolate that serves one isolated execution and no other (section 11). */
export function isolatedPlugin<Rpc extends PluginRpc = PluginRpc>(
  loader: IsolateLoader,
  { tenantId, executionId }: CallContext,
  code: string,
  reach: Pick<IsolateCode, "env" | "globalOutbound"> & Partial<Pick<IsolateCode, "modules">>,
): Rpc {
  return loadIsolate<Rpc>(loader, `isolated:${tenantId}:${executionId}`, () => ({
    compatibilityDate: "2026-10-23",
    mainModule: "main.js",
    modules: { ...reach.modules, "main.js": code },
    env: reach.env,
    globalOutbound: reach.globalOutbound,
  }));
}
