import type { Owner } from "../../../contracts/placement.ts";
import type { SealedConnection } from "../../../contracts/rpc.ts";
import type { DoorPorts } from "./oauth-door.ts";
import { type OpenedConnection, openedConnection } from "./opened-connection.ts";
import { type SharedLookup, sharedConnectionOf } from "./shared-client.ts";
import { settingLookups } from "./setting-lookups.ts";

/** A connection that is opened apart from a call: what it names is read by its connector, and by no workflow. */
export function openedFor(owner: Owner, connection: SealedConnection, ports: DoorPorts): Promise<OpenedConnection> {
  const reader = { connector: connection.connector };
  const settings = settingLookups(() => ports.tenantOf(owner), ports.masterKey, owner, reader, ports.now());
  return openedConnection(ports.masterKey, owner.tenantId, connection, settings);
}

/** The client of an end user's connection, which is opened already, is its connector's shared connection's. */
export async function sharedFor(owner: Owner, own: SealedConnection, ports: DoorPorts): Promise<SharedLookup> {
  if (own.endUser === undefined) return { ok: true, shared: undefined };
  return sharedConnectionOf(ports.tenantOf(owner), own, (found) => openedFor(owner, found, ports));
}
