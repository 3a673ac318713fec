import { type Authorized, firstText, type OpenConnection } from "./credentials.ts";

/** BASIC (RFC 7617): user name and password, in UTF-8. */
export function basic(connection: OpenConnection): Authorized {
  const username = firstText([connection.values, connection.config], ["username", "user"]);
  if (username === undefined) return { ok: false, message: "The connection has no user name (`username`)" };
  const password = firstText([connection.values], ["password"]) ?? "";
  return { ok: true, credentials: { headers: { authorization: basicHeader(username, password) }, query: {} } };
}

/** The value of an Authorization header of the Basic scheme. */
export function basicHeader(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `Basic ${btoa(binary)}`;
}
