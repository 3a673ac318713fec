import { type ConnectLink, LINK_CLAIM_MS } from "../../../contracts/connect-link.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import { canonicalJson } from "../../../engine/canonical-json.ts";
import { open } from "../../../vault/vault.ts";
import { loadCatalog } from "../connectors/catalog.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import type { Context, Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import { createConnection } from "./create.ts";
import { changeConnection } from "./change.ts";
import type { ConnectionRow } from "./connection-view.ts";
import { endUserName } from "./end-user-name.ts";
import { isMadeByLink } from "./is-made-by-link.ts";
import { type LinkField, linkFields, linkValues } from "./link-fields.ts";
import { withCopies } from "./with-copies.ts";
import { ofEndUser } from "./of-end-user.ts";
import { connectionTypeOf } from "./connection-type.ts";
import { findRow, sharedConnection, unknownConnection } from "./read.ts";
import { readConnectLink } from "./read-connect-link.ts";

/** A connect link that may still be used, and what it asks of the person who opened it. */
export interface OpenedLink {
  context: Context;
  link: ConnectLink;
  expiresAt: number;
  type: string;
  /** Connector's name, to be shown. */
  title: string;
  row: ConnectionRow | undefined;
  fields: LinkField[];
}

export async function openLink(
  ports: Ports,
  token: string,
  background: Context["background"],
): Promise<Result<OpenedLink>> {
  const read = await readConnectLink(ports, token);
  if (read === null) return failure("NOT_FOUND", "This link is not valid, or too old. Ask for another.");
  const { link, tenantId, expiresAt } = read;
  const caller = {
    keyId: "connect-link",
    tenantId,
    environment: link.environment,
    scopes: [],
    roles: [],
    permissions: [],
  };
  const context: Context = { ports, caller, background };
  if (await onTenant(ports, caller, (tenant) => tenant.isTaken(link.nonce)))
    return failure("CONFLICT", "This link has been used. Ask for another.");
  const row =
    link.connectionId !== null
      ? await findRow(context, link.connectionId)
      : link.endUser === null
        ? undefined
        : await ofEndUser(context, link.connector, link.endUser);
  const entry = (await loadCatalog(context)).get(link.connector);
  if (entry === undefined || (link.connectionId !== null && row === undefined))
    return failure("NOT_FOUND", "What this link is for is not there any more.");
  const loaded = await manifestOf(context, entry, entry.installed ?? entry.versions[0] ?? "");
  if (!loaded.ok && loaded.code !== "NOT_FOUND") return loaded;
  const manifest = loaded.ok ? loaded.value : undefined;
  const shared = await sharedConnection(context, link.connector);
  const type = row?.type ?? shared?.type ?? manifest?.auth?.type ?? "NONE";
  const fields = linkFields(type, manifest?.auth, await headerNames(context, type, row ?? shared));
  if (fields === undefined || (type === "OAUTH2" && row === undefined && shared === undefined))
    return failure("CONFLICT", "Nobody can connect this by a link: ask who runs the workflow.");
  return success({ context, link, expiresAt, type, title: manifest?.displayName ?? link.connector, row, fields });
}

/** The row behind an OAUTH2 link: an end user's is made with the client of the tenant's own connection, and follows it until it is connected. */
export async function rowOfLink({ context, link, row }: OpenedLink): Promise<Result<ConnectionRow>> {
  const shared =
    link.endUser === null && row !== undefined ? undefined : await sharedConnection(context, link.connector);
  if (row === undefined) {
    if (shared === undefined) return failure("CONFLICT", "The connector has no OAuth client.");
    return made(context, link, "OAUTH2", await valuesOf(context, shared));
  }
  // Its copy may be missing where whoever made it was stopped between the two.
  const states = await withCopies(context, [row]);
  const isByLink = isMadeByLink(row);
  if (shared?.type !== "OAUTH2" || !isByLink || states[row.id]?.status === "connected") return success(row);
  const values = await valuesOf(context, shared);
  if (canonicalJson(values) === canonicalJson(await valuesOf(context, row))) return success(row);
  const changed = await changeConnection(context, row.id, { values });
  if (!changed.ok) return changed;
  const newest = await findRow(context, row.id);
  return newest === undefined ? unknownConnection() : success(newest);
}

/** All values of a connection, as they were given: names of secrets among them stay names. */
async function valuesOf({ ports, caller }: Context, { id, config, sealed }: ConnectionRow): Promise<JsonObject> {
  const place = { tenantId: caller.tenantId, purpose: "connection", id };
  const shown: unknown = JSON.parse(config);
  const secret: unknown = JSON.parse(await open(ports.masterKey, place, sealed));
  return { ...(isObject(shown) ? shown : {}), ...(isObject(secret) ? secret : {}) };
}

/** A person gave what the link asked for. Once: a link that was used meanwhile changes nothing. */
export async function finishLink(opened: OpenedLink, given: Record<string, string>): Promise<Result<null>> {
  const { context, link, expiresAt, row, type, fields } = opened;
  const values = linkValues(fields, given);
  if (!values.ok) return values;
  const { ports, caller } = context;
  const claimedUntil = ports.now() + LINK_CLAIM_MS;
  if (!(await onTenant(ports, caller, (tenant) => tenant.takeOnce(link.nonce, claimedUntil))))
    return failure("CONFLICT", "This link has been used. Ask for another.");
  const config: unknown = JSON.parse((row ?? (await sharedConnection(context, link.connector)))?.config ?? "{}");
  const all = { ...(isObject(config) ? config : {}), ...values.value };
  const done =
    row === undefined ? await made(context, link, type, all) : await changeConnection(context, row.id, { values: all });
  if (!done.ok) {
    await onTenant(ports, caller, (tenant) => tenant.giveBack(link.nonce, claimedUntil));
    return done;
  }
  const used = { nonce: link.nonce, expiresAt };
  await onTenant(ports, caller, (tenant) => tenant.putConnectionState(done.value.id, { status: "connected" }, used));
  return success(null);
}

/** CUSTOM_HEADER: the headers of the connection that there is, whose values nobody sees. */
async function headerNames(
  { ports, caller }: Context,
  type: string,
  row: ConnectionRow | undefined,
): Promise<string[]> {
  if (type !== "CUSTOM_HEADER" || row === undefined) return [];
  const place = { tenantId: caller.tenantId, purpose: "connection", id: row.id };
  const secret: unknown = JSON.parse(await open(ports.masterKey, place, row.sealed));
  return isObject(secret) && isObject(secret.headers) ? Object.keys(secret.headers) : [];
}

async function made(
  context: Context,
  link: ConnectLink,
  type: string,
  values: JsonObject,
): Promise<Result<ConnectionRow>> {
  const name = link.endUser === null ? "default" : endUserName(link.endUser);
  const created = await createConnection(context, {
    connector: link.connector,
    name,
    type: connectionTypeOf(type),
    values,
    ...(link.endUser === null ? {} : { end_user: link.endUser }),
  });
  if (!created.ok) return created;
  const row = await findRow(context, created.value.id);
  return row === undefined ? failure("NOT_FOUND", "It has been deleted meanwhile.") : success(row);
}
