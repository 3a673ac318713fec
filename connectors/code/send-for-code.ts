import { lookupFailure } from "../attempt/lookup-failure.ts";
import { authorize } from "../auth/authorize.ts";
import { firstText, type OpenConnection } from "../auth/credentials.ts";
import { fetchOf } from "../auth/fetch-of.ts";
import { secretsOf } from "../auth/secrets-of.ts";
import { readDeclaredAuth } from "../declared-auth.ts";
import { egress, type EgressPolicy } from "../egress/egress.ts";
import { fetchChecked } from "../egress/fetch-checked.ts";
import { readCapped } from "../egress/read-capped.ts";
import type { Failed } from "../failed.ts";
import { missingConnection } from "../missing-connection.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { type WantedConnection, wantedConnection } from "../wanted-connection.ts";
import { Masker } from "../mask.ts";
import { CODE_LIMITS } from "./code-limits.ts";
import { type HeldSecret, matchesHost, placeSecrets } from "./code-secrets.ts";
import { maskBytes } from "./mask-bytes.ts";
import type { SandboxedRequest } from "./sandboxed-request.ts";

/** What the requests of one call may do. */
export interface CodeReach {
  connector: string;
  connection?: Json;
  auth?: JsonObject;
  /** Of the connector: what its credential is for, where the connection names no place. */
  baseUrl?: string;
  /** Names, `*.name`, and `connection`. */
  hosts: readonly string[];
  handles: readonly HeldSecret[];
  callHeaders: readonly (readonly [string, string])[];
  /** The step waits so long for a connection that is missing. */
  connectionWaitMs?: number;
  timeoutMs: number;
}

export interface SendDeps {
  findConnection(query: WantedConnection): Promise<OpenConnection | null>;
  connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string>;
  secrets(names: string[]): Promise<Record<string, string>>;
  policy: Omit<EgressPolicy, "urlValidation">;
  fetch: typeof fetch;
  now(): number;
}

export type CodeSent =
  | {
      ok: true;
      status: number;
      statusText: string;
      headers: [string, string][];
      body: Uint8Array<ArrayBuffer>;
      url: string;
      redirected: boolean;
      host: string;
      sentBytes: number;
    }
  | {
      ok: false;
      message: string;
      host: string;
      sentBytes: number;
      /** The connection cannot be used any more, or not be looked up now: what the step fails with, should the code fail too. */
      failed?: Failed;
    };

/** Stands for the connection's base URL (`workers/plugins/sandbox/inside/send-through.ts`). */
const CONNECTION_HOST = "connection.invalid";
const METHOD = /^[A-Z]{3,10}$/;
/** The runtime's own business, or a way to smuggle a request. */
const REFUSED_HEADERS: readonly string[] = [
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "expect",
];

/**
 * Sends a request of a code connector: to hosts that its manifest declares alone, with the connection's credential put in here
 * (threats T1–T3, T26). An OAuth token that is refused is renewed once, as for declarative actions (section 9). What comes back
 * holds none of what was put in. Never throws.
 */
export async function sendForCode(request: SandboxedRequest, reach: CodeReach, deps: SendDeps): Promise<CodeSent> {
  const told: Told = { masker: new Masker(), host: "", sentBytes: 0 };
  try {
    const wanted = wantedConnection(reach.connector, reach.connection);
    const connection = wanted === undefined ? null : await lookedUp(deps.findConnection(wanted));
    const first = await sendOnce(request, reach, deps, connection, told);
    const refused = first.ok && first.status === 401 && first.withCredential && connection?.tokenVersion !== undefined;
    if (!refused || wanted === undefined) return publicPart(first);
    const renewed = await lookedUp(deps.findConnection({ ...wanted, stale: connection.tokenVersion }));
    if (renewed === null) return unusable(told, await missingConnection(reach, wanted, null, deps));
    // There is no other token: the answer that it got is the answer.
    const isSame = renewed.id === connection.id && renewed.tokenVersion === connection.tokenVersion;
    if (renewed.problem === undefined && isSame) return publicPart(first);
    return publicPart(await sendOnce(request, reach, deps, renewed, told));
  } catch (error) {
    // Nobody knows what belongs to the call right now: the step tries again, whatever its code makes of that.
    if (error instanceof NotLookedUp) return unusable(told, lookupFailure(error.cause));
    return notSent(told, unreachable(error, told.host));
  }
}

class NotLookedUp extends Error {}

function lookedUp<Found>(looking: Promise<Found>): Promise<Found> {
  return looking.catch((cause: unknown) => Promise.reject(new NotLookedUp("a lookup failed", { cause })));
}

/** What one request of the code has come to so far, over both of its tries. */
interface Told {
  masker: Masker;
  host: string;
  sentBytes: number;
}

type Sent = Extract<CodeSent, { ok: true }> & { withCredential: boolean };
type NotSent = Extract<CodeSent, { ok: false }>;

function publicPart(sent: Sent | NotSent): CodeSent {
  if (!sent.ok) return sent;
  const { withCredential: _credential, ...answer } = sent;
  return answer;
}

function notSent({ masker, host, sentBytes }: Told, message: string): NotSent {
  return { ok: false, message: masker.text(message), host, sentBytes };
}

function unusable(told: Told, failure: Failed): NotSent {
  return { ...notSent(told, failure.error.message), failed: failure };
}

async function sendOnce(
  request: SandboxedRequest,
  reach: CodeReach,
  deps: SendDeps,
  connection: OpenConnection | null,
  told: Told,
): Promise<Sent | NotSent> {
  const { masker } = told;
  const no = (message: string) => notSent(told, message);
  const base = connection ? firstText([connection.config], ["base_url", "baseUrl", "url"]) : undefined;
  const url = resolve(request.url, base);
  if (typeof url === "string") return no(url);
  const host = url.hostname.toLowerCase().replace(/\.+$/, "");
  told.host = host;
  const hosts = declaredHosts(reach.hosts, base);
  if (!hosts.some((pattern) => matchesHost(host, pattern))) return no(undeclared(host, reach.hosts));
  const policy: EgressPolicy = { ...deps.policy, urlValidation: { allowedDomains: hosts } };
  const verdict = egress(url.href, policy);
  if (!verdict.ok) return no(`The request is not allowed: ${verdict.reason}`);
  if (!METHOD.test(request.method)) return no(`"${request.method.slice(0, 20)}" is not a method`);

  const headers = cleanHeaders(request.headers, reach.callHeaders);
  const outgoing: SandboxedRequest = { ...request, url: url.href, headers };
  const names = reach.handles.map(({ name }) => name);
  const values = names.length === 0 ? {} : await lookedUp(deps.secrets(names));
  for (const value of Object.values(values)) masker.add(value);
  const placed = placeSecrets(
    outgoing,
    host,
    reach.handles.map((held) => ({ ...held, hosts: declaredHosts(held.hosts, base) })),
    values,
  );
  if (!placed.ok) return no(placed.message);

  const credentialHeaders = [...placed.secretHeaders];
  const isLocal = verdict.dial.origin !== verdict.url.origin;
  const withCredential = connection !== null && isForConnection(url, base ?? reach.baseUrl, reach.hosts, isLocal);
  const send = fetchOf(withCredential ? connection : null, deps.fetch);
  if (withCredential) {
    const wanted = wantedConnection(reach.connector, reach.connection);
    if (connection.problem && wanted) return unusable(told, await missingConnection(reach, wanted, connection, deps));
    masker.add(secretsOf(connection));
    const { body, ...rest } = outgoing;
    const signable = { ...rest, ...(body === null ? {} : { body }) };
    const authorized = await authorize(connection, readDeclaredAuth(reach.auth), signable, deps.now());
    if (!authorized.ok) return no(authorized.message);
    for (const value of authorized.revealed) masker.add(value);
    credentialHeaders.push(...authorized.credentialHeaders);
    outgoing.url = signable.url;
  }
  told.sentBytes += sizeOf(outgoing);
  let last = outgoing.url;
  const { body, ...head } = outgoing;
  const outcome = await fetchChecked(
    { ...head, ...(body === null ? {} : { body }), credentialHeaders, bodyIsSecret: placed.bodyIsSecret },
    policy,
    AbortSignal.timeout(Math.max(1, reach.timeoutMs)),
    (target, init) => {
      last = String(target);
      return send(target, init);
    },
  );
  if (outcome.kind === "refused") return no(`The request is not allowed: ${outcome.reason}`);
  if (outcome.kind === "unresolved") return no(`${host} cannot be reached: ${outcome.reason}`);
  if (outcome.kind === "too_many_redirects") return no(`${host} redirects too often`);
  const { response } = outcome;
  const read = await readCapped(response, CODE_LIMITS.responseBytes);
  if (!read.ok) return no(`The answer of ${host} is larger than ${CODE_LIMITS.responseBytes} bytes`);
  return {
    ok: true,
    status: response.status,
    statusText: masker.text(response.statusText),
    headers: [...response.headers].map(([name, value]) => [name, masker.text(value)]),
    body: maskBytes(read.bytes, masker),
    url: masker.text(url.href),
    redirected: last !== outgoing.url && new URL(last).pathname !== new URL(outgoing.url).pathname,
    host,
    sentBytes: told.sentBytes,
    withCredential: withCredential && new URL(outcome.url).origin === new URL(outgoing.url).origin,
  };
}

function unreachable(error: unknown, host: string): string {
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  return timedOut ? `${host} did not answer in time` : `${host === "" ? "The host" : host} cannot be reached`;
}

function resolve(written: string, base: string | undefined): URL | string {
  if (!URL.canParse(written)) return `"${written.slice(0, 80)}" is not an absolute URL`;
  const url = new URL(written);
  if (url.hostname !== CONNECTION_HOST) return url;
  if (base === undefined || !URL.canParse(base))
    return `The path "${url.pathname.slice(0, 80)}" needs a connection with a base_url`;
  const resolved = new URL(base);
  resolved.pathname = resolved.pathname.replace(/\/+$/, "") + url.pathname;
  resolved.search = url.search;
  return resolved;
}

/** The hosts that are meant: `connection` is the one of its base URL. */
function declaredHosts(hosts: readonly string[], base: string | undefined): string[] {
  const own = base !== undefined && URL.canParse(base) ? [new URL(base).hostname] : [];
  return hosts.flatMap((host) => (host === "connection" ? own : [host]));
}

function undeclared(host: string, hosts: readonly string[]): string {
  const list = hosts.length === 0 ? "lists none" : `lists ${hosts.join(", ")}`;
  return `The connector does not declare the host ${host.slice(0, 100)}: \`hosts\` of its handler ${list}`;
}

/**
 * A credential belongs to the origin of its base URL, the connection's or the connector's; without one, to the only host that the
 * handler declares, over https alone unless it stands for one of this machine. Among several nobody has said whose it is (0036).
 */
function isForConnection(url: URL, base: string | undefined, hosts: readonly string[], isLocal: boolean): boolean {
  if (base !== undefined) return URL.canParse(base) && new URL(base).origin === url.origin;
  const [only, ...others] = new Set(hosts);
  if (only === undefined || only === "connection" || others.length > 0) return false;
  return isLocal || (url.protocol === "https:" && url.port === "");
}

function cleanHeaders(headers: Headers, ofCall: CodeReach["callHeaders"]): Headers {
  const clean = new Headers();
  for (const [name, value] of headers)
    if (!REFUSED_HEADERS.includes(name) && !name.startsWith("cf-")) clean.append(name, value);
  for (const [name, value] of ofCall) if (name.startsWith("x-") || !clean.has(name)) clean.set(name, value);
  return clean;
}

function sizeOf({ url, headers, body }: SandboxedRequest): number {
  let bytes = url.length + (body?.byteLength ?? 0);
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}
