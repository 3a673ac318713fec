import type { JsonObject } from "../engine/json.ts";
import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import type { OpenConnection } from "./auth/credentials.ts";
import type { WantedConnection } from "./wanted-connection.ts";

/** What needs to be known of the world to say what is missing. */
interface Linking {
  connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string>;
  /** Of the connector's connections that a step may name. */
  connectionNames?(connector: string): Promise<string[]>;
  now(): number;
}

/**
 * The failure of a call whose connection is not there or cannot be used. Where the step would wait for it, and somebody can do
 * something about it, `details.connect_url` is a one-time link where it is made.
 */
export async function missingConnection(
  call: Pick<ActionCall, "connectionWaitMs">,
  wanted: WantedConnection,
  found: OpenConnection | null,
  deps: Linking,
): Promise<Extract<ActionResult, { ok: false }>> {
  const { connector, ref, endUser } = wanted;
  const whose = endUser ?? ref;
  const details: JsonObject = { reason: "connection", connector };
  if (whose !== undefined) details.wanted = whose;
  if (endUser !== undefined) details.end_user = endUser;
  if (found) details.connection_id = found.id;
  const { setting } = found?.problem ?? {};
  if (found?.problem && setting)
    return {
      ok: false,
      error: { code: "VALIDATION", message: found.problem.message, details: { ...details, ...setting } },
    };
  const message = found?.problem?.message ?? `${connector} has no connection${await whatIsThere(wanted, deps)}`;
  const mends = found === null || found.problem?.reconnect === true;
  if (call.connectionWaitMs !== undefined && mends) {
    // A name that nothing has is an end user who has not connected yet.
    if (found === null && whose !== undefined) details.end_user = whose;
    const expiresAt = deps.now() + call.connectionWaitMs;
    details.connect_url = await deps.connectLink({
      ...wanted,
      expiresAt,
      ...(found ? { connectionId: found.id } : {}),
    });
  }
  // A provider that cannot be reached may be reached later; a connection that nobody made stays missing.
  return { ok: false, error: { code: "UNAVAILABLE", message, details }, ...(mends ? { permanent: true } : {}) };
}

/** There may be others: two of which none is the default, or the name was misspelt. Not said of people's own connections. */
async function whatIsThere({ connector, ref, endUser }: WantedConnection, deps: Linking): Promise<string> {
  if (endUser !== undefined) return ` of the end user ${endUser}: create one`;
  // What goes wrong here must not hide what is missing.
  const names = await deps.connectionNames?.(connector).catch(() => []);
  const named = ref === undefined ? "" : ` named ${ref}`;
  if (names === undefined || names.length === 0) return `${named}: create one`;
  const listed = names.map((name) => `"${name}"`).join(", ");
  return `${named === "" ? " named `default`" : named}, but ${listed}: name one \`default\`, or set \`connection\` on the step`;
}
