import type { GrantedToken, OAuthClient } from "../../../connectors/oauth/oauth-client.ts";
import type { ConnectionRpc } from "../../../contracts/connection-rpc.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { BrowserSession } from "../../../contracts/oauth-rpc.ts";
import type { Owner } from "../../../contracts/placement.ts";
import { LINK_CLAIM_MS } from "../../../contracts/connect-link.ts";
import type { SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import { base64Url } from "../../../vault/encoding.ts";
import { issueTicket, readTicket } from "../../../vault/ticket.ts";
import { open, seal } from "../../../vault/vault.ts";
import { clientOf, connectionObject, forgetToken, keptToken, type TokenPorts } from "./oauth-tokens.ts";
import { openedFor, sharedFor } from "./opened-for.ts";
import type { SharedLookup } from "./shared-client.ts";

/** How long somebody may take at the provider. */
const AUTHORIZATION_MS = 10 * 60_000;
const PURPOSE = "oauth-state";

/** Travels as `state`: sealed, and bound to tenant, connection, end user and issuer (threat T17). */
interface StateContent {
  environment: Owner["environment"];
  connectionId: string;
  connector: string;
  endUser: string | null;
  issuer: string;
  nonce: string;
}

/** Stays in the connection's object, sealed, until it is taken once. */
interface PendingContent {
  verifier: string;
  session: string;
  issuer: string;
  endUser: string | null;
  redirectUri: string;
  link: string | null;
}

export interface DoorPorts extends Omit<TokenPorts, "tenant"> {
  tenantOf(owner: Owner): TenantRpc;
}

export async function beginAuthorization(
  owner: Owner,
  connection: SealedConnection,
  browser: BrowserSession & { link: string | null },
  ports: DoorPorts,
): Promise<Result<{ url: string }>> {
  if (browser.session === null) return failure("VALIDATION", "An authorization begins in a browser.");
  const opened = await openedFor(owner, connection, ports);
  const read = opened.ok ? clientOf(opened.found.config, opened.values, ports) : opened;
  if (!read.ok) return failure("VALIDATION", read.message);
  if (read.settings.flow !== "authorization_code")
    return failure("VALIDATION", "This connection uses client credentials: nobody has to consent.");
  const expiresAt = ports.now() + AUTHORIZATION_MS;
  const [nonce, verifier] = [randomText(), randomText()];
  const endUser = connection.endUser ?? null;
  try {
    const issuer = await read.client.issuer();
    const content = { environment: owner.environment, connectionId: connection.id, connector: connection.connector };
    const state = await issueTicket(
      ports.masterKey,
      owner.tenantId,
      PURPOSE,
      { ...content, endUser, issuer, nonce } satisfies StateContent,
      expiresAt,
    );
    const url = await read.client.authorizationUrl({ redirectUri: browser.redirectUri, state, verifier });
    const { redirectUri, link } = browser;
    const pending = { verifier, session: browser.session, issuer, endUser, redirectUri, link };
    const place = pendingPlace(owner, connection.id, nonce);
    const sealed = await seal(ports.masterKey, place, JSON.stringify(pending satisfies PendingContent));
    await ports.connection(connectionObject(owner, connection.id)).beginAuthorization({ nonce, sealed, expiresAt });
    return success({ url });
  } catch {
    return failure("UNAVAILABLE", "The provider's addresses cannot be looked up. Check `issuer`, or give them.");
  }
}

export async function finishAuthorization(
  query: string,
  browser: BrowserSession,
  ports: DoorPorts,
): Promise<Result<{ connector: string }>> {
  const params = new URLSearchParams(query);
  const given = params.getAll("state");
  const text = given.length === 1 ? given[0] : undefined;
  const ticket = text === undefined ? null : await readTicket(ports.masterKey, PURPOSE, text, ports.now());
  if (ticket === null || text === undefined) return refused("The `state` is missing, not ours, or too old");
  const { environment, connectionId, connector, endUser, issuer, nonce } = sealedHere<StateContent>(ticket.content);
  const owner: Owner = { tenantId: ticket.tenantId, environment };
  const object = ports.connection(connectionObject(owner, connectionId));
  const taken = await object.takeAuthorization(nonce);
  if (taken === null) return refused("This authorization has been used, or was never begun");
  const begun = await open(ports.masterKey, pendingPlace(owner, connectionId, nonce), taken.sealed);
  const pending = sealedHere<PendingContent>(JSON.parse(begun));
  if (browser.session === null || browser.session !== pending.session)
    return refused("It was begun in another browser");
  if (pending.endUser !== endUser || pending.issuer !== issuer || pending.redirectUri !== browser.redirectUri)
    return refused("It was begun for something else");
  const tenant = ports.tenantOf(owner);
  const found = await tenant.findConnection({ connector, ref: connectionId });
  if (found === null || found === "unsettled" || found.id !== connectionId || (found.endUser ?? null) !== endUser)
    return failure("NOT_FOUND", "The connection has been deleted.");
  const opened = await openedFor(owner, found, ports);
  if (!opened.ok) return failure("VALIDATION", opened.message);
  const looked = await sharedFor(owner, opened.found, ports);
  if (!looked.ok) return withoutShared(looked);
  const read = clientOf(opened.found.config, opened.values, ports, looked.shared);
  if (!read.ok) return failure("VALIDATION", read.message);
  // Its addresses may have been changed since: a code goes to nobody but who gave it.
  const named = await read.client.issuer().catch(() => null);
  if (named !== issuer) return refused("The connection names another provider now");
  const { redirectUri, verifier, link } = pending;
  const outcome = await read.client.trade({ params, state: text, redirectUri, verifier });
  if (!outcome.ok) return failure("FORBIDDEN", `${outcome.message}.`);
  const claimedUntil = ports.now() + LINK_CLAIM_MS;
  if (link !== null && !(await tenant.takeOnce(link, claimedUntil))) return refused("The connect link has been used");
  const kept = await keptToken(owner, connectionId, taken.version, outcome.token, ports);
  if (!(await object.grant(kept))) {
    const why = await notTaken(object, read.client, outcome.token);
    if (link !== null) await tenant.giveBack(link, claimedUntil);
    return refused(why);
  }
  forgetToken(owner, found);
  const used = link === null ? undefined : { nonce: link, expiresAt: ticket.expiresAt + LINK_MEMORY_MS };
  await tenant.putConnectionState(connectionId, { status: "connected" }, used);
  if ((await object.kept()) === null) {
    // Changed between the two: what was said last must not be that it is connected.
    await tenant.putConnectionState(connectionId, { status: "pending" });
    if (used) await tenant.giveBack(used.nonce, used.expiresAt);
    return refused(CHANGED);
  }
  return success({ connector });
}

/** Longer than any connect link lives. */
const LINK_MEMORY_MS = 32 * 24 * 3_600_000;

const CHANGED = "The connection has been changed or deleted meanwhile";

/** Why its object did not take the token, which the provider hears of where nobody has another. */
async function notTaken(object: ConnectionRpc, client: OAuthClient, token: GrantedToken): Promise<string> {
  if ((await object.kept()) !== null) return "It has been connected by a newer authorization";
  // Deleted or changed in the meantime: nobody will use this token, and to revoke it hurts no other.
  await client.revoke(token.refresh_token ?? token.access_token);
  return CHANGED;
}

/** What is not set is named to those whose it is, not to the person who consents. */
function withoutShared({ message, setting }: Extract<SharedLookup, { ok: false }>): Result<never> {
  if (setting === undefined)
    return failure("UNAVAILABLE", `It cannot be connected: ${message}. Open the connect link again.`);
  const what = "its connector's shared connection, whose client it goes by, names what is not set for it";
  return failure("VALIDATION", `It cannot be connected: ${what}. Ask who runs the workflow.`);
}

function refused(why: string): Result<never> {
  return failure("FORBIDDEN", `${why}: open the connect link again.`);
}

function pendingPlace(owner: Owner, connectionId: string, nonce: string) {
  return { tenantId: owner.tenantId, purpose: "oauth-pending", id: `${owner.environment}/${connectionId}#${nonce}` };
}

/** What this file sealed: nobody else has the key, and each of its purposes holds one kind of content. */
function sealedHere<Content>(opened: unknown): Content {
  return opened as Content;
}

function randomText(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}
