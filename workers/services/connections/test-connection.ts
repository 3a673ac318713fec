import { isObject, type Json } from "../../../engine/json.ts";
import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import type { ConnectionTestView } from "../../../contracts/api/connections.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { PluginRpc } from "../../../contracts/rpc.ts";
import type { PinnedAction } from "../../../engine/connector.ts";
import { loadCatalog } from "../connectors/catalog.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import { keepModules } from "../connectors/keep-modules.ts";
import type { Context, Ports } from "../context.ts";
import { newId } from "../new-id.ts";
import { sealedConnectionOf } from "./connection-view.ts";
import { findRow, unknownConnection } from "./read.ts";
import { withCopies } from "./with-copies.ts";

const TEST_MS = 10_000;

/**
 * Tries a connection. Where the connector declares `auth.test` (an action's name, or `{action, input}`), that action is called
 * with it; else what can be looked at without a call is, and the answer says so.
 */
export async function testConnection(context: Context, id: string): Promise<Result<ConnectionTestView>> {
  const { ports, caller } = context;
  const row = await findRow(context, id);
  if (row === undefined) return unknownConnection();
  await withCopies(context, [row]);
  const entry = (await loadCatalog(context)).get(row.connector);
  const loaded = entry && (await manifestOf(context, entry, entry.installed ?? entry.versions[0] ?? ""));
  if (loaded?.ok === false && loaded.code !== "NOT_FOUND") return loaded;
  const manifest = loaded?.ok ? loaded.value : undefined;
  const declared = readTest(manifest?.auth?.options?.test);
  const action = manifest && declared && pinAction(manifest, declared.action);
  const plugin = action && pluginOf(ports, action);
  if (manifest && action && declared && plugin) {
    await keepModules(context, manifest, action);
    const executionId = newId(ports, "request");
    const result = await plugin.invoke(
      {
        path: "test",
        stepId: "test",
        attempt: 1,
        action,
        input: declared.input,
        connection: id,
        idempotencyKey: executionId,
        timeoutMs: TEST_MS,
        deadline: ports.now() + TEST_MS,
      },
      {
        tenantId: caller.tenantId,
        environment: caller.environment,
        executionId,
        workflowName: "connection test",
        workflowVersion: "",
        runAttempt: 1,
        isolated: false,
      },
    );
    const message = result.ok ? `${declared.action} answered.` : `${declared.action}: ${result.error.message}`;
    return success({ ok: result.ok, checked: "call", message });
  }
  const checked = await ports.oauth.checkConnection(caller, sealedConnectionOf(row));
  if (checked.ok) return success({ ok: true, ...checked.value });
  return success({ ok: false, checked: row.type === "OAUTH2" ? "token" : "values", message: checked.message });
}

/** Undefined for what calls nothing elsewhere, or nothing that the cloud runs. */
function pluginOf({ http, code }: Ports, { plugin }: PinnedAction): PluginRpc | undefined {
  switch (plugin) {
    case "http":
      return http;
    case "code":
      return code;
    case "toolbox":
    case "none":
      return undefined;
    default:
      return plugin satisfies never;
  }
}

function readTest(written: Json | undefined): { action: string; input: Json } | undefined {
  if (typeof written === "string") return { action: written, input: {} };
  if (written === undefined || !isObject(written) || typeof written.action !== "string") return undefined;
  return { action: written.action, input: written.input ?? {} };
}
