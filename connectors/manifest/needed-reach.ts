import type { Json } from "../../engine/json.ts";
import { partsOf, referencesOf } from "../handlers/http/render.ts";
import type { ConnectorManifest, Handler, HttpHandler } from "./manifest.ts";

/** What a connector takes of whoever uses it, and where it may carry that. */
export interface Reach {
  /** Names of secrets that it may ask for; those of which it does not say that they are secrets may be env values. */
  secrets: string[];
  /** Names of env values that it reads. */
  env: string[];
  /**
   * Host names, with what is filled in as it is written; `connection`: the host of a connection's base URL; `next links of <host>`: wherever its
   * answers say that the next page is.
   */
  hosts: string[];
}

/**
 * Secrets and env values that a connector may be given and hosts that it calls, all actions together: shown to whoever installs it. A
 * secret that has no scope is given to every installed connector that declares it.
 */
export function neededReach({ actions, baseUrl, server, runtime }: ConnectorManifest): Reach {
  const asked = server === undefined ? [] : [reachOf({ kind: "mcp", ...server }, baseUrl)];
  const all = [...asked, ...actions.map(({ handler }) => reachOf(handler, baseUrl))];
  const merged = (of: (reach: HandlerReach) => string[]) => sorted(all.flatMap(of));
  // Of a name that an older version declares twice, the first counts, as it does for the call.
  const environment = (runtime?.environment ?? []).filter(
    ({ name }, at, them) => them.findIndex((it) => it.name === name) === at,
  );
  const declared = (secret: boolean) => environment.flatMap((it) => (it.secret === secret ? [it.name] : []));
  const open = environment.flatMap((it) => (it.secret === undefined ? [it.name] : []));
  return {
    secrets: sorted([
      ...merged(({ secrets }) => secrets),
      ...merged(({ bare }) => bare).filter((name) => !declared(false).includes(name)),
      ...declared(true),
    ]),
    env: sorted([...merged(({ env }) => env), ...declared(false), ...open]),
    hosts: merged(({ hosts }) => hosts),
  };
}

const sorted = (names: string[]) => [...new Set(names)].sort();

/** `secrets`: asked for as secrets, whatever is said of the name elsewhere; `bare`: by a name alone, which may be of an env value. */
type HandlerReach = Reach & { bare: string[] };

function reachOf(handler: Handler, baseUrl: string | undefined): HandlerReach {
  switch (handler.kind) {
    case "http": {
      const { url, method, headers, query, body, auth, bodyType, response } = handler;
      const hosts = hostsOf(url, baseUrl);
      const templates = [url, method, headers, query, body, auth, bodyType, response?.status];
      return { ...namedIn(templates), hosts: [...hosts, ...hosts.flatMap((host) => linksOf(handler, host))] };
    }
    case "mcp":
      return { ...namedIn([handler.url, handler.headers]), hosts: hostsOf(handler.url, baseUrl) };
    case "code": {
      const { secrets = [], hosts = [] } = handler;
      return { secrets: secrets.map(({ name }) => name), bare: [], env: [], hosts: [...hosts] };
    }
    case "function":
    case "command":
    case "kafka":
      return { secrets: [], bare: [], env: [], hosts: [] };
    default:
      return handler satisfies never;
  }
}

/** Pages that are told by a link go where the answer says, without a credential but with the body: what picks the link belongs to it. */
function linksOf({ pagination }: HttpHandler, host: string): string[] {
  if (pagination === undefined) return [];
  if (typeof pagination === "string") return [`next links of ${host} (${pagination})`];
  if (pagination.type !== "link") return [];
  return [`next links of ${host}${pagination.next === undefined ? "" : ` (${pagination.next})`}`];
}

function namedIn(templates: (Json | undefined)[]): Omit<HandlerReach, "hosts"> {
  const references = templates.flatMap(referencesOf).map(partsOf);
  const of = (wanted: string) =>
    references.flatMap(({ root, path: [name] }) => (root === wanted && name !== undefined ? [name] : []));
  return { secrets: of("secrets"), bare: of("declared"), env: of("env") };
}

/** With any slashes or none, as URLs are parsed. A URL that begins with a space is a path. */
const AUTHORITY = /^https?:[/\\\s]*((?:\$\{[^{}]*\}|\{\{[^{}]*\}\}|[^/?#\\])+)/i;
/** With what the file says of scheme and host after it. */
const LEADING =
  /^((?:\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{[A-Za-z_][\w.-]*\})(?::[/\\\s]*|[/\\]{2,})?(?:\$\{[^{}]*\}|\{\{[^{}]*\}\}|[^/?#\\])*)/;
/** Name and password of a URL. What is filled in may have an @ in its name. */
const USER = /^(?:\{\{[^{}]*\}\}|\{[^{}]*\}|[^{}])*@/;

/** Where a URL leads, as far as the file says it. One that begins with what is filled in leads there or, where that is a path, below the base. */
function hostsOf(url: string, baseUrl: string | undefined): string[] {
  const authority = AUTHORITY.exec(url)?.[1];
  if (authority !== undefined) return [authority.replace(USER, "")];
  const given = LEADING.exec(url)?.[1];
  const below = baseUrl === undefined ? [] : hostsOf(baseUrl, undefined);
  return given === undefined && baseUrl === undefined
    ? ["connection"]
    : [...(given === undefined ? [] : [given]), ...below];
}
