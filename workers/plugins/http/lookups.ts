import type { InvokeDeps } from "../../../connectors/attempt/invoke-deps.ts";
import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import type { WantedConnection } from "../../../connectors/wanted-connection.ts";
import type { CallContext, SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import { CONNECT_LINK, type ConnectLink } from "../../../contracts/connect-link.ts";
import type { SettingReader } from "../../../contracts/setting-scope.ts";
import { issueTicket } from "../../../vault/ticket.ts";
import { type OpenedConnection, openedConnection } from "./opened-connection.ts";
import { type TokenPorts, withToken } from "./oauth-tokens.ts";
import { sharedConnectionOf } from "./shared-client.ts";
import { type SettingLookups, settingLookups } from "./setting-lookups.ts";
import { TimedCache } from "./timed-cache.ts";

/** How long a credential may be older than the tenant object knows. */
const TTL_MS = 10_000;
const MOST_KEPT = 1_000;

/* What is kept stays sealed: a value is in the clear only while one call needs it. */
const connections = new TimedCache<{ found: SealedConnection | null }>(TTL_MS, MOST_KEPT);

/** What OAUTH2 and MTLS connections need besides. */
export type LookupOAuth = Pick<TokenPorts, "connection" | "policy" | "fetch"> & {
  publicUrl: string;
  /** Sends with a client certificate by its name, where it is for the tenant. */
  certified(tenantId: string, name: string): typeof fetch | undefined;
};

/** Whose values are looked up. */
export type LookupOwner = Pick<CallContext, "tenantId" | "environment" | "published">;

type Named = Pick<WantedConnection, "connector" | "ref" | "endUser">;

/** The default connection of a connector by its name; any other by all that names it, as a list, so that none is taken for another. */
function keyOf({ tenantId, environment }: LookupOwner, { connector, ref, endUser }: Named): string {
  return ref === undefined && endUser === undefined
    ? `${tenantId}/${environment} ${connector}`
    : JSON.stringify([tenantId, environment, connector, ref ?? null, endUser ?? null]);
}

/** Whether it is remembered that there is no such connection: calls that go on without one ask nobody then. */
export function isKnownMissing(owner: LookupOwner, query: WantedConnection, now: number): boolean {
  return connections.get(keyOf(owner, query), now)?.found === null;
}

/** What a call may look up: values of its own tenant and environment, opened here and nowhere else. */
export function lookupsOf(
  tenantObject: () => TenantRpc,
  masterKey: string,
  owner: LookupOwner,
  reader: SettingReader,
  now: number,
  oauth: LookupOAuth,
): Pick<InvokeDeps, "findConnection" | "connectionNames" | "connectLink" | "secrets" | "env"> {
  // Most calls ask for no setting.
  let settings: SettingLookups | undefined;
  const settingsOf = () => {
    settings ??= settingLookups(tenantObject, masterKey, owner, reader, now);
    return settings;
  };
  const asCalled = async (found: SealedConnection, stale: number | undefined): Promise<OpenConnection> => {
    const opened = await openedConnection(masterKey, owner.tenantId, found, settingsOf());
    if (!opened.ok) return unusable(found, opened);
    const { id, type, config } = opened.found;
    const { values, revealed } = opened;
    const secrets = revealed.length === 0 ? {} : { secrets: revealed };
    if (type === "MTLS") return withCertificate(opened.found, values, (name) => oauth.certified(owner.tenantId, name));
    if (type !== "OAUTH2") return { id, type, config, values, ...secrets };
    const openShared = (shared: SealedConnection) => openedConnection(masterKey, owner.tenantId, shared, settingsOf());
    const shared = (own: SealedConnection) => sharedConnectionOf(tenantObject(), own, openShared);
    const ports = { ...oauth, tenant: tenantObject(), masterKey, now: Date.now, shared };
    return withToken(owner, opened.found, values, ports, stale);
  };
  const idOf = async (connector: string, endUser: string): Promise<string | undefined> => {
    const found = await tenantObject()
      .findConnection({ connector, endUser, optional: true })
      .catch(() => null);
    return found === null || found === "unsettled" ? undefined : found.id;
  };
  return {
    async findConnection(query) {
      const { stale, optional = false, ...wanted } = query;
      const key = keyOf(owner, wanted);
      const asked = async () => {
        const said = await tenantObject().findConnection(optional ? { ...wanted, optional } : wanted);
        if (said === "unsettled") return null;
        if (said !== null || optional) connections.set(key, { found: said }, now);
        return said;
      };
      const kept = connections.get(key, now);
      const known = kept?.found ?? null;
      // That there is none is not believed where one is needed: an execution that waited for it goes on at once when it is there.
      const first = known === null && (kept === undefined || !optional) ? await asked() : known;
      if (first === null) return null;
      const opened = await asCalled(first, stale);
      if (known === null || opened.problem === undefined) return opened;
      // It may have been deleted or changed since: a step must not wait for what is not there, nor by its link.
      connections.delete(key);
      const newest = await asked();
      if (newest === null) return null;
      if (newest.id !== first.id) return asCalled(newest, undefined);
      return newest.changedAt === first.changedAt ? opened : asCalled(newest, stale);
    },

    connectionNames: (connector) => tenantObject().connectionNames(connector),

    async connectLink({ connector, ref, endUser, connectionId, expiresAt }) {
      // A person's link is for whatever connection of theirs there is when it is opened: the one there is now may be deleted by then.
      const isOwn =
        endUser !== undefined ||
        (ref !== undefined && connectionId !== undefined && (await idOf(connector, ref)) === connectionId);
      const content: ConnectLink = {
        environment: owner.environment,
        connector,
        connectionId: isOwn ? null : (connectionId ?? null),
        endUser: endUser ?? ref ?? null,
        nonce: crypto.randomUUID(),
      };
      const token = await issueTicket(masterKey, owner.tenantId, CONNECT_LINK, content, expiresAt);
      return `${oauth.publicUrl}/connect/${token}`;
    },

    secrets: (names) => settingsOf().secrets(names),
    env: (names) => settingsOf().env(names),
  };
}

function unusable(
  { id, type, config }: SealedConnection,
  { message, setting }: Extract<OpenedConnection, { ok: false }>,
): OpenConnection {
  return { id, type, config, values: {}, problem: { message, reconnect: false, setting } };
}

function withCertificate(
  { id, type, config }: SealedConnection,
  values: OpenConnection["values"],
  certified: (name: string) => typeof fetch | undefined,
): OpenConnection {
  const send = typeof config.certificate === "string" ? certified(config.certificate) : undefined;
  return { id, type, config, values, ...(send ? { certifiedFetch: send } : {}) };
}
