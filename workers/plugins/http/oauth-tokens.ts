import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import type { EgressPolicy } from "../../../connectors/egress/egress.ts";
import { type GrantedToken, OAuthClient } from "../../../connectors/oauth/oauth-client.ts";
import { type OAuthSettings, readOAuthSettings } from "../../../connectors/oauth/oauth-settings.ts";
import type { ConnectionRpc, GivenUp, KeptToken } from "../../../contracts/connection-rpc.ts";
import type { SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { open, seal } from "../../../vault/vault.ts";
import { type SharedConnection, type SharedLookup, withSharedSecret } from "./shared-client.ts";
import { TimedCache } from "./timed-cache.ts";
import type { LookupOwner } from "./lookups.ts";

/** A token that is not due is used without asking its object, at most this long: a deleted connection must end. */
const TTL_MS = 10_000;
const tokens = new TimedCache<KeptToken>(TTL_MS, 1_000);

export interface TokenPorts {
  connection(name: string): ConnectionRpc;
  tenant: Pick<TenantRpc, "putConnectionState">;
  masterKey: string;
  policy: EgressPolicy;
  fetch: typeof fetch;
  now(): number;
  /** The connector's shared connection, opened: whose client the connections of end users go by. */
  shared?(own: SealedConnection): Promise<SharedLookup>;
}

/** Name of the object of a connection. */
export function connectionObject(owner: LookupOwner, connectionId: string): string {
  return `global/${owner.tenantId}/${owner.environment}/${connectionId}`;
}

/** A connection's client, from what is stored of it, and of the shared connection where it is an end user's. */
export function clientOf(
  config: JsonObject,
  values: JsonObject,
  ports: Pick<TokenPorts, "policy" | "fetch">,
  shared?: SharedConnection,
) {
  const read = readOAuthSettings(config, values);
  if (!read.ok) return read;
  const settings = withSharedSecret(read.settings, shared);
  return { ok: true as const, settings, client: new OAuthClient(settings, ports) };
}

/**
 * An OAUTH2 connection with a token that is good now, renewed where it is due. `stale`: the version of the one that was refused.
 * Renewals are one at a time, and what comes of one is stored before anybody uses it (threat T18).
 */
export async function withToken(
  owner: LookupOwner,
  found: SealedConnection,
  values: JsonObject,
  ports: TokenPorts,
  stale?: number,
): Promise<OpenConnection> {
  const name = connectionObject(owner, found.id);
  const key = cacheKey(owner, found);
  const known = tokens.get(key, ports.now());
  if (known !== undefined && known.version !== stale && (known.refreshAt ?? Number.POSITIVE_INFINITY) > ports.now())
    return opened(owner, found, known, ports.masterKey);
  const read = clientOf(found.config, values, ports);
  if (!read.ok) return unusable(found, read.message);
  const mint = read.settings.flow === "client_credentials";
  const object = ports.connection(name);
  const answer = await object.token({ mint, of: found.changedAt ?? 0, ...(stale === undefined ? {} : { stale }) });
  switch (answer.kind) {
    case "token":
      tokens.set(key, answer.token, ports.now());
      return opened(owner, found, answer.token, ports.masterKey);
    case "not_connected":
      return unusable(found, "nobody has connected it yet: open its connect link", true);
    case "needs_reconnect":
      return unusable(found, `it needs to be connected again: ${answer.reason}`, true);
    case "failed":
      return (
        (await stillGood(owner, found, mint || stale === undefined ? null : await object.kept(), ports)) ??
        unusable(found, answer.message)
      );
    case "renew":
      break;
    default:
      return answer satisfies never;
  }
  const { lease, version, token } = answer;
  const old = token && (await openToken(owner, found.id, token, ports.masterKey));
  const unrenewed = mint ? undefined : await stillGood(owner, found, token, ports);
  if (unrenewed) {
    await object.giveUp(lease, { message: NO_REFRESH, reconnect: false });
    return unrenewed;
  }
  const looked = await sharedOf(found, mint, ports);
  if (!looked.ok) {
    await object.giveUp(lease, { message: looked.message, reconnect: false });
    return unusable(found, looked.message, false, looked.setting);
  }
  const { settings, client } = { ...read, ...clientOf(found.config, values, ports, looked.shared) };
  const outcome = await renewed(settings, client, old);
  if (!outcome.ok) {
    // By client credentials nobody consents: it is the client that was refused, and its secret may be put right any time.
    const reconnect = outcome.lost && !mint;
    const refusal = { message: outcome.message, reconnect, rests: outcome.lost && mint };
    return givenUp(found, refusal, await object.giveUp(lease, refusal), ports);
  }
  // A provider that does not rotate gives no refresh token again: the one before stays.
  const granted = {
    ...(old?.refresh_token === undefined ? {} : { refresh_token: old.refresh_token }),
    ...outcome.token,
  };
  const kept = {
    ...(await keptToken(owner, found.id, version, granted, ports)),
    ...(mint ? { of: found.changedAt ?? 0 } : {}),
  };
  if (!(await stored(() => ports.connection(name), lease, kept))) return unusable(found, "its renewal took too long");
  // One that is minted may have been refused before, in whichever life of this isolate.
  if (token === null || mint) await ports.tenant.putConnectionState(found.id, { status: "connected" });
  tokens.set(key, kept, ports.now());
  return opened(owner, found, kept, ports.masterKey);
}

/** The provider gave no token. What was refused may be what the connection was before: then nothing is said of it, and who tries again sees. */
async function givenUp(found: SealedConnection, refusal: GivenUp, isTaken: boolean, ports: TokenPorts) {
  const { message, reconnect, rests } = refusal;
  // An object of the release before does not say whether it took it.
  if (isTaken === false && (reconnect || rests === true)) return unusable(found, "it was changed meanwhile");
  const status = reconnect ? "needs_reconnect" : "pending";
  if (reconnect || rests === true) await ports.tenant.putConnectionState(found.id, { status, reason: message });
  return reconnect ? unusable(found, `it needs to be connected again: ${message}`, true) : unusable(found, message);
}

/** What is minted is never by the client of another connection. */
async function sharedOf(own: SealedConnection, mint: boolean, { shared }: TokenPorts) {
  const looked = mint || own.endUser === undefined ? undefined : await shared?.(own);
  return looked ?? { ok: true as const, shared: undefined };
}

/** An object that is moved or restarted fails for a moment, and what it would lose may be worth a consent: the refresh token before is spent. */
async function stored(object: () => ConnectionRpc, lease: string, kept: KeptToken): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A stub that has failed once fails for good.
      if (await object().store(lease, kept)) return true;
      return attempt > 1 && (await object().kept())?.version === kept.version;
    } catch (error) {
      if (attempt === STORE_ATTEMPTS) throw error;
    }
  }
}

const STORE_ATTEMPTS = 3;
const NO_REFRESH = "the provider gave none to renew it with";

/**
 * A token that has not ended, and cannot be renewed: it is all there is. One refusal of it, of one resource perhaps, does not
 * end it for everybody.
 */
async function stillGood(
  owner: LookupOwner,
  found: SealedConnection,
  token: KeptToken | null,
  { masterKey, now }: TokenPorts,
): Promise<OpenConnection | undefined> {
  if (token === null || now() >= (token.expiresAt ?? Number.POSITIVE_INFINITY)) return undefined;
  const { refresh_token } = await openToken(owner, found.id, token, masterKey);
  return refresh_token === undefined ? opened(owner, found, token, masterKey) : undefined;
}

async function renewed(settings: OAuthSettings, client: OAuthClient, old: GrantedToken | null) {
  if (settings.flow === "client_credentials") return client.clientCredentials();
  if (old?.refresh_token === undefined)
    return { ok: false as const, lost: true, message: `its token has ended, and ${NO_REFRESH}` };
  return client.refresh(old.refresh_token);
}

/** Seals what a provider gave. It is due a little before its end: 30 s, or a fifth of a short life. */
export async function keptToken(
  owner: LookupOwner,
  connectionId: string,
  version: number,
  token: GrantedToken,
  { masterKey, now }: Pick<TokenPorts, "masterKey" | "now">,
): Promise<KeptToken> {
  const sealed = await seal(masterKey, tokenPlace(owner, connectionId, version), JSON.stringify(token));
  const lifeMs = token.expires_in === undefined ? null : token.expires_in * 1_000;
  return {
    sealed,
    version,
    expiresAt: lifeMs === null ? null : now() + lifeMs,
    refreshAt: lifeMs === null ? null : now() + Math.max(lifeMs - 30_000, lifeMs * 0.8),
  };
}

export function tokenPlace(owner: LookupOwner, connectionId: string, version: number) {
  return { tenantId: owner.tenantId, purpose: "oauth-token", id: `${owner.environment}/${connectionId}#${version}` };
}

export async function openToken(
  owner: LookupOwner,
  connectionId: string,
  { sealed, version }: KeptToken,
  masterKey: string,
): Promise<GrantedToken> {
  const read: unknown = JSON.parse(await open(masterKey, tokenPlace(owner, connectionId, version), sealed));
  if (typeof read !== "object" || read === null || !("access_token" in read) || typeof read.access_token !== "string")
    throw new Error("a kept token has no access token");
  const refresh = "refresh_token" in read && typeof read.refresh_token === "string" ? read.refresh_token : undefined;
  return { access_token: read.access_token, ...(refresh === undefined ? {} : { refresh_token: refresh }) };
}

async function opened(
  owner: LookupOwner,
  found: SealedConnection,
  token: KeptToken,
  masterKey: string,
): Promise<OpenConnection> {
  const { access_token } = await openToken(owner, found.id, token, masterKey);
  return {
    id: found.id,
    type: found.type,
    config: found.config,
    values: { access_token },
    tokenVersion: token.version,
  };
}

/** `reconnect`: somebody has to consent. `setting`: what is named is not set. Else trying again may help. */
function unusable(found: SealedConnection, message: string, reconnect = false, setting?: JsonObject): OpenConnection {
  const told = { message: `The connection ${found.name} cannot be used: ${message}`, reconnect };
  const problem = setting === undefined ? told : { ...told, setting };
  return { id: found.id, type: found.type, config: found.config, values: {}, problem };
}

/** Forgets what this isolate knows of a connection's token. */
export function forgetToken(owner: LookupOwner, connection: Pick<SealedConnection, "id" | "changedAt">): void {
  tokens.delete(cacheKey(owner, connection));
}

/** A connection that was changed has tokens of its own: one from before must not go to a new address. */
function cacheKey(owner: LookupOwner, { id, changedAt = 0 }: Pick<SealedConnection, "id" | "changedAt">): string {
  return `${connectionObject(owner, id)} ${changedAt}`;
}
