import { CONNECT_LINK, type ConnectLink } from "../../../contracts/connect-link.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { ConnectLinkView, CreateConnectLinkBody } from "../../../contracts/api/connections.ts";
import { base64Url } from "../../../vault/encoding.ts";
import { issueTicket } from "../../../vault/ticket.ts";
import { auditEntry } from "../audit-entry.ts";
import { loadCatalog, qualifiedName } from "../connectors/catalog.ts";
import { findConnector } from "../connectors/find.ts";
import type { Context } from "../context.ts";
import { ofEndUser } from "./of-end-user.ts";
import { findRow, unknownConnection } from "./read.ts";

const LINK_MS = 15 * 60_000;

/** A link by which somebody without a key makes a connection: for a connector, and the end user whose it will be. */
export async function createConnectLink(
  context: Context,
  body: CreateConnectLinkBody,
): Promise<Result<ConnectLinkView>> {
  const found = findConnector(await loadCatalog(context), body.connector);
  if (!found.found)
    return validationFailure([{ path: "/connector", message: found.message, suggestion: found.suggestion }]);
  const connector = qualifiedName(found.entry);
  const endUser = body.end_user ?? null;
  const known = endUser === null ? undefined : await ofEndUser(context, connector, endUser);
  const lifeMs = body.expires_in === undefined ? LINK_MS : body.expires_in * 1_000;
  return issue(context, { connector, connectionId: known?.id ?? null, endUser }, lifeMs);
}

/** Starts the authorization of an OAUTH2 connection: a link that leads to its provider. */
export async function authorizeConnection(context: Context, id: string): Promise<Result<ConnectLinkView>> {
  const row = await findRow(context, id);
  if (row === undefined) return unknownConnection();
  if (row.type !== "OAUTH2")
    return failure("CONFLICT", `A connection of type ${row.type} has its values already: change them instead.`);
  return issue(context, { connector: row.connector, connectionId: id, endUser: row.endUser }, LINK_MS);
}

async function issue(
  context: Context,
  what: Omit<ConnectLink, "environment" | "nonce">,
  lifeMs: number,
): Promise<Result<ConnectLinkView>> {
  const { ports, caller } = context;
  const nonce = base64Url(ports.random(16));
  const content: ConnectLink = { ...what, environment: caller.environment, nonce };
  const expiresAt = ports.now() + lifeMs;
  const token = await issueTicket(ports.masterKey, caller.tenantId, CONNECT_LINK, content, expiresAt);
  await auditEntry(context, "connection.link_created", what.connectionId ?? what.connector);
  return success({
    connect_url: `${ports.publicUrl}/connect/${token}`,
    expires_at: new Date(expiresAt).toISOString(),
  });
}
