import type { OpenConnection } from "../../../../connectors/auth/credentials.ts";
import type { CallIdentity } from "../../../../connectors/call-context.ts";
import type { ActionCall } from "../../../../engine/run/types.ts";

/**
 * Names who calls which server, as what: only calls that agree in all of it may share what is known of the server, and its sessions.
 * A hash: it is kept, and the credentials are not.
 */
export async function callerKey(
  { action }: Pick<ActionCall, "action">,
  { tenantId, environment }: Pick<CallIdentity, "tenantId" | "environment">,
  connection: OpenConnection | null,
  server: { url: string; headers: Headers },
): Promise<string> {
  const { namespace, connector, version } = action;
  const credentials = connection && [connection.id, connection.type, connection.config, connection.values];
  const parts = [tenantId, environment, namespace, connector, version, credentials, server.url, [...server.headers]];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(parts)));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
