import { authorize } from "../../../connectors/auth/authorize.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { ConnectionCheck } from "../../../contracts/oauth-rpc.ts";
import type { KeptToken } from "../../../contracts/connection-rpc.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { SealedConnection } from "../../../contracts/rpc.ts";
import { readKeyring } from "../../../vault/keyring.ts";
import { keyIdOf, seal } from "../../../vault/vault.ts";
import type { DoorPorts } from "./oauth-door.ts";
import { clientOf, connectionObject, forgetToken, openToken, tokenPlace, withToken } from "./oauth-tokens.ts";
import { openedFor, sharedFor } from "./opened-for.ts";

/** Forgets a connection's tokens, and then tells the provider that they are over (RFC 7009): `told` is whether it said so, and never fails. */
export async function revokeConnection(
  owner: Owner,
  connection: SealedConnection,
  ports: DoorPorts,
  deleted: boolean,
): Promise<{ told: Promise<boolean> }> {
  const object = ports.connection(connectionObject(owner, connection.id));
  const kept = await object.kept();
  forgetToken(owner, connection);
  await object.forget({ deleted });
  return { told: kept === null ? Promise.resolve(false) : tell(owner, connection, kept, ports).catch(() => false) };
}

async function tell(owner: Owner, connection: SealedConnection, kept: KeptToken, ports: DoorPorts): Promise<boolean> {
  const opened = await openedFor(owner, connection, ports);
  if (!opened.ok) return false;
  const looked = await sharedFor(owner, opened.found, ports);
  // Whoever cannot say what its secret is now may still be believed with that of before: nothing is lost by asking.
  const read = clientOf(opened.found.config, opened.values, ports, looked.ok ? looked.shared : undefined);
  if (!read.ok) return false;
  const token = await openToken(owner, connection.id, kept, ports.masterKey);
  // A provider that ends a refresh token ends the access tokens that came of it.
  return read.client.revoke(token.refresh_token ?? token.access_token);
}

/** What can be found out without a call that the connector alone knows how to make. */
export async function checkConnection(
  owner: Owner,
  connection: SealedConnection,
  ports: DoorPorts,
): Promise<Result<ConnectionCheck>> {
  const opened = await openedFor(owner, connection, ports);
  if (!opened.ok) return failure("VALIDATION", opened.message);
  const { values } = opened;
  if (connection.type === "OAUTH2") {
    const shared = (own: SealedConnection) => sharedFor(owner, own, ports);
    const token = await withToken(owner, opened.found, values, { ...ports, tenant: ports.tenantOf(owner), shared });
    if (token.problem) return failure(token.problem.setting ? "VALIDATION" : "UNAVAILABLE", token.problem.message);
    return success({ checked: "token", message: "It has a token that has not ended. The connector was not called." });
  }
  const { id, type, config } = opened.found;
  const request = { url: "https://service.example.com/", method: "GET", headers: new Headers() };
  const authorized = await authorize({ id, type, config, values }, undefined, request, ports.now());
  if (!authorized.ok) return failure("VALIDATION", authorized.message);
  const message = "Its values open and fit its type. The connector was not called: it declares no `auth.test`.";
  return success({ checked: "values", message });
}

/** Whether there is a token of its: one that needs a reconnect has one, too. */
export async function isKept(
  owner: Owner,
  connectionId: string,
  { connection }: Pick<DoorPorts, "connection">,
): Promise<boolean> {
  return (await connection(connectionObject(owner, connectionId)).kept()) !== null;
}

const RESEAL_ATTEMPTS = 3;

/** Seals its token under the current master key, where it is under another. */
export async function resealConnection(owner: Owner, connectionId: string, ports: DoorPorts): Promise<boolean> {
  const object = ports.connection(connectionObject(owner, connectionId));
  for (let attempt = 1; attempt <= RESEAL_ATTEMPTS; attempt += 1) {
    const kept = await object.kept();
    if (kept === null || keyIdOf(kept.sealed) === readKeyring(ports.masterKey).current) return false;
    const token = await openToken(owner, connectionId, kept, ports.masterKey);
    const sealed = await seal(ports.masterKey, tokenPlace(owner, connectionId, kept.version), JSON.stringify(token));
    if (await object.reseal({ ...kept, sealed })) return true;
    // It was renewed just then: by an isolate of a release that still seals with the key before, perhaps.
  }
  throw new Error("a token was renewed again and again while it was to be sealed again");
}
