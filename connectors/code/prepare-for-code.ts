import type { OpenConnection } from "../auth/credentials.ts";
import { type Failed, failed } from "../failed.ts";
import { lookupFailure } from "../attempt/lookup-failure.ts";
import { missingConnection } from "../missing-connection.ts";
import { type WantedConnection, wantedConnection } from "../wanted-connection.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { CodeReach } from "./send-for-code.ts";

export interface PrepareDeps {
  findConnection(query: WantedConnection): Promise<OpenConnection | null>;
  connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string>;
  env(names: string[]): Promise<Record<string, Json>>;
  now(): number;
}

export type Prepared =
  | { ok: true; connection: { id: string; config: JsonObject } | null; env: Record<string, Json> }
  | Failed;

/**
 * What a call of code needs before it runs: its connection, of which the code sees what is no credential, and the env values that
 * its connector declares. A connection that is missing or cannot be used is said as declarative actions say it, with a link.
 * Never throws.
 */
export async function prepareForCode(
  reach: Pick<CodeReach, "connector" | "connection" | "connectionWaitMs">,
  wish: { needsConnection: boolean; env: string[] },
  deps: PrepareDeps,
): Promise<Prepared> {
  const wanted = wantedConnection(reach.connector, reach.connection);
  if (wanted === undefined)
    return failed("VALIDATION", "`connection` must be a name, an id, or `{end_user: …}`", { field: "connection" });
  try {
    const [connection, env] = await Promise.all([
      deps.findConnection(wanted),
      wish.env.length === 0 ? {} : deps.env(wish.env),
    ]);
    if (connection === null ? wish.needsConnection : connection.problem !== undefined)
      return await missingConnection(reach, wanted, connection, deps);
    return { ok: true, connection: connection && { id: connection.id, config: connection.config }, env };
  } catch (error) {
    return lookupFailure(error);
  }
}
