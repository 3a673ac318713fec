import { type AuthType, authType } from "../../engine/auth-type.ts";
import type { AuthDeclaration } from "../manifest/manifest.ts";
import { apiKey } from "./api-key.ts";
import { awsSigv4 } from "./aws-sigv4.ts";
import { basic } from "./basic.ts";
import { bearer } from "./bearer.ts";
import { type Authorized, NOTHING, type OpenConnection } from "./credentials.ts";
import { customHeader } from "./custom-header.ts";
import { oauth2 } from "./oauth2.ts";
import type { SignableRequest } from "./signable-request.ts";

type Adapter = (
  connection: OpenConnection,
  declared: AuthDeclaration | undefined,
  request: SignableRequest,
  now: number,
) => Authorized | Promise<Authorized>;

/** Every auth type: to add one, write its adapter and put it here. */
const ADAPTERS: Readonly<Record<AuthType, Adapter>> = {
  API_KEY: apiKey,
  BASIC: basic,
  BEARER: bearer,
  CUSTOM_HEADER: customHeader,
  OAUTH2: oauth2,
  AWS_SIGV4: awsSigv4,
  // The certificate is a binding of the http plugin Worker, set when it is deployed: a connection names it, and `fetchOf` shows it.
  MTLS: ({ certifiedFetch }) =>
    certifiedFetch === undefined
      ? {
          ok: false,
          message:
            "MTLS: the client certificate of this connection is not bound in this deployment, not for this tenant, or asked for by an isolated execution, which cannot use one",
        }
      : { ok: true, credentials: NOTHING },
  CUSTOM: customHeader,
  NONE: () => ({ ok: true, credentials: NOTHING }),
};

/** What `authorize` did: which headers carry the credential now, and every text of it that may come back and must be masked. */
export type Authorization =
  | { ok: true; credentialHeaders: string[]; revealed: string[] }
  | { ok: false; message: string };

/**
 * Puts a connection's credential into a request that is otherwise ready: headers, query, or a signature over all of it. Last
 * of all, for what is changed afterwards is not signed. A message where the connection cannot be used.
 */
export async function authorize(
  connection: OpenConnection,
  declared: AuthDeclaration | undefined,
  request: SignableRequest,
  now: number,
): Promise<Authorization> {
  const type = authType(connection.type);
  if (type === undefined)
    return { ok: false, message: `Connections of type ${connection.type.slice(0, 40)} are not known` };
  const authorized = await ADAPTERS[type](connection, declared, request, now);
  if (!authorized.ok) return authorized;
  const { headers, query, plain = [] } = authorized.credentials;
  for (const [name, value] of Object.entries(headers)) {
    if (RUNTIME_HEADERS.has(name.toLowerCase())) return { ok: false, message: `The header ${name} may not be set` };
    try {
      if (name.toLowerCase() === "cookie" && request.headers.has(name))
        request.headers.set(name, `${request.headers.get(name)}; ${value}`);
      else request.headers.set(name, value);
    } catch {
      return { ok: false, message: `The header ${name.slice(0, 40)} has a name or value that HTTP does not allow` };
    }
  }
  request.url = withQuery(request.url, query);
  const revealed = [
    ...Object.entries(headers).flatMap(([name, value]) => (plain.includes(name) ? [] : [value])),
    ...Object.values(query),
  ];
  return { ok: true, credentialHeaders: Object.keys(headers), revealed };
}

/** The runtime's own business, or a way to smuggle a request. */
const RUNTIME_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
]);

/** Each member once: a link that a service gives may have the credential of the request before, which may be another by now. */
function withQuery(url: string, query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  if (text === "") return url;
  const hash = url.indexOf("#");
  const [path = "", ...search] = (hash === -1 ? url : url.slice(0, hash)).split("?");
  const others = search
    .join("?")
    .split("&")
    .filter((part) => part !== "" && !Object.hasOwn(query, nameOf(part)));
  return `${path}?${[...others, text].join("&")}${hash === -1 ? "" : url.slice(hash)}`;
}

function nameOf(part: string): string {
  const [[name] = [""]] = new URLSearchParams(part);
  return name;
}
