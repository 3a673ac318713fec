import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { egress } from "../../../connectors/egress/egress.ts";
import type { RegisterBody, RegisteredView, UnregisteredView } from "../../../contracts/api/services.ts";
import { ID_PREFIX } from "../../../contracts/ids.ts";
import { failure, type Failure, type Result, success } from "../../../contracts/errors.ts";
import { CONCURRENT } from "../../../contracts/services-rpc.ts";
import { audit } from "../../database/tables.ts";
import { auditEntry, auditRow } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onServices } from "../object-calls.ts";
import { ownConnector } from "./own-connector.ts";

/** `POST /register`: an instance of a connector's service, for the calls of the caller's own tenant and environment. */
export async function registerInstance(context: Context, body: RegisterBody): Promise<Result<RegisteredView>> {
  const { ports, caller } = context;
  const connector = await ownConnector(context, body.plugin_slug);
  if (!connector.ok) return connector;
  const url = body.url.replace(/\/+$/, "");
  const healthUrl = body.health_check_url ?? `${url}/healthz`;
  const refused = refusal(context, "url", url) ?? refusal(context, "health_check_url", healthUrl);
  if (refused) return refused;
  const { instance_id, region = null, concurrent = CONCURRENT.usual } = body.metadata ?? {};
  const instanceId = instance_id ?? `inst-${bytesToHex(sha256(utf8ToBytes(url))).slice(0, 16)}`;
  const now = ports.now();
  const registered = await onServices(ports, caller, (services) =>
    services.register({
      connector: connector.value,
      instanceId,
      version: body.version,
      url,
      healthUrl,
      actions: body.actions ?? [],
      region,
      concurrent,
      registeredAt: now,
    }),
  );
  if (registered.kind === "full")
    return failure("CONFLICT", `There are ${registered.limit} instances already: remove some first.`, {
      limit: registered.limit,
    });
  await ports.database.batch([auditEntry(context, "instance.registered", `${connector.value}/${instanceId}`)]);
  return success({
    status: "registered",
    plugin_slug: body.plugin_slug,
    instance_id: instanceId,
    registered_at: new Date(registered.registeredAt).toISOString(),
  });
}

/** `DELETE /register/{plugin_slug}/{instance_id}`: no further calls; those in flight end. */
export async function unregisterInstance(
  context: Context,
  slug: string,
  instanceId: string,
): Promise<Result<UnregisteredView>> {
  const { ports, caller } = context;
  const connector = await ownConnector(context, slug);
  if (!connector.ok) return connector;
  const there = await onServices(ports, caller, (services) => services.instances(connector.value));
  const known = there.find((it) => it.instanceId === instanceId);
  if (known === undefined) return failure("NOT_FOUND", `"${slug}" has no instance "${instanceId}".`);
  // Before it goes: afterwards a repeat would find nothing to audit. The registration names the entry, so a repeat adds none.
  const id = `${ID_PREFIX.audit}${caller.tenantId}:${caller.environment}:${connector.value}/${instanceId}:${known.registeredAt}`;
  const row = { ...auditRow(context, "instance.unregistered", `${connector.value}/${instanceId}`), id };
  await ports.database.insert(audit).values(row).onConflictDoNothing();
  await onServices(ports, caller, (services) => services.unregister(connector.value, instanceId));
  return success({ status: "unregistered", plugin_slug: slug, instance_id: instanceId });
}

/** The rules of section 9's egress, asked here so that a mistake is told at once; every call and probe asks again. */
function refusal({ ports }: Context, field: string, url: string): Failure | undefined {
  const verdict = egress(url, ports.egressPolicy);
  if (verdict.ok) return undefined;
  const details = { reason: "egress", rule: verdict.reason, field };
  return failure("FORBIDDEN", `"${field}" is not allowed: ${verdict.reason}.`, details);
}
