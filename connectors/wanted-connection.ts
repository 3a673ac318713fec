import { isObject, type Json } from "../engine/json.ts";

/** Which connection a call asks for. */
export interface WantedConnection {
  connector: string;
  /** An end user's id, a connection's id or name. */
  ref?: string;
  /** Only this end user's own will do. */
  endUser?: string;
  /** The version of its token that was refused with 401: renew it. */
  stale?: number;
  /** The call goes on without one: that there is none may be remembered for some seconds. */
  optional?: boolean;
}

/** Reads a step's `connection`: a name or id, `{end_user: …}`, or nothing. Undefined: it is none of these. */
export function wantedConnection(connector: string, written: Json | undefined): WantedConnection | undefined {
  if (written === undefined || written === null || written === "") return { connector };
  if (typeof written === "string") return { connector, ref: written };
  if (typeof written === "number") return { connector, ref: String(written) };
  const user = isObject(written) ? (written.end_user ?? written.endUser) : undefined;
  return (typeof user === "string" && user !== "") || typeof user === "number"
    ? { connector, endUser: String(user) }
    : undefined;
}
