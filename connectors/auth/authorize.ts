import { authType } from "../manifest/auth-type.ts";
import type { AuthDeclaration, AuthType } from "../manifest/manifest.ts";
import { apiKey } from "./api-key.ts";
import { basic } from "./basic.ts";
import { bearer } from "./bearer.ts";
import { type Authorized, NOTHING, type OpenConnection } from "./credentials.ts";
import { customHeader } from "./custom-header.ts";

type Adapter = (connection: OpenConnection, declared: AuthDeclaration | undefined) => Authorized;

const notHere =
  (what: string): Adapter =>
  () => ({ ok: false, message: `Connections of type ${what} cannot be used here yet` });

/** Every auth type: to add one, write its adapter and put it here. */
const ADAPTERS: Readonly<Record<AuthType, Adapter>> = {
  API_KEY: apiKey,
  BASIC: basic,
  BEARER: bearer,
  CUSTOM_HEADER: customHeader,
  OAUTH2: notHere("OAUTH2"),
  MTLS: notHere("MTLS"),
  CUSTOM: customHeader,
  NONE: () => ({ ok: true, credentials: NOTHING }),
};

/** What a connection adds to the request; a message where it cannot be used. */
export function authorize(connection: OpenConnection, declared: AuthDeclaration | undefined): Authorized {
  const type = authType(connection.type);
  if (type === undefined)
    return { ok: false, message: `Connections of type ${connection.type.slice(0, 40)} are not known` };
  return ADAPTERS[type](connection, declared);
}
