import { type HeaderMap, RequestHeaders } from "./request-headers.ts";
import { egress, egressOfWritten, type EgressPolicy, type EgressVerdict } from "./egress.ts";
import { mayDial } from "./may-dial.ts";

export interface OutgoingRequest {
  url: string;
  method: string;
  headers: HeaderMap;
  body?: string | FormData | URLSearchParams | Uint8Array<ArrayBuffer>;
  /** Names of headers that carry a credential: dropped when a redirect leaves the origin. */
  credentialHeaders: readonly string[];
  /** The body carries a credential: a redirect that would take it to another origin is refused. */
  bodyIsSecret: boolean;
  /** `url` is the one that stands in the manifest, with nothing put into it. */
  isWritten?: boolean;
}

export type FetchOutcome =
  | { kind: "answer"; response: Response; status: number; url: string }
  /** By the rules; `url` is what was refused: the request's own, or where a redirect led. */
  | { kind: "refused"; reason: string; url: string }
  /** Nothing was sent to the host of `url`: what its name stands for is not known. */
  | { kind: "unresolved"; reason: string; url: string }
  | { kind: "too_many_redirects" };

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

function isRedirect(status: number): boolean {
  return status >= 300 && REDIRECTS.includes(status);
}

const OF_THE_BODY = ["content-type", "content-length", "content-encoding", "content-language", "content-location"];
const ALWAYS_DROPPED = ["authorization", "proxy-authorization", "cookie"];

/**
 * Sends a request through the egress rules and follows its redirects itself: every hop is checked again, and credentials stay
 * with their origin (threat T3). Throws what `fetch` throws: no connection, or the signal's abort.
 */
export async function fetchChecked(
  request: OutgoingRequest,
  policy: EgressPolicy,
  signal: AbortSignal | undefined,
  send: typeof fetch,
): Promise<FetchOutcome> {
  let { url, method, body } = request;
  let headers: HeaderMap = request.headers;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const verdict = verdictOf(url, request, policy);
    if (!verdict.ok) return { kind: "refused", reason: verdict.reason, url };
    const stop = policy.names === undefined ? undefined : await notDialled(url, verdict, policy, signal);
    if (stop) return stop;
    const response = await send(verdict.written.dial, {
      method,
      headers: recordOf(headers),
      body: body ?? null,
      redirect: "manual",
      signal: signal ?? null,
    });
    const { status } = response;
    const location = isRedirect(status) ? response.headers.get("location") : null;
    if (location === null) return { kind: "answer", response, status, url: verdict.written.url };
    await response.body?.cancel();
    const next = resolved(location, verdict.url);
    if (next === undefined) return { kind: "refused", reason: "it redirects to what is no URL", url };
    headers = new RequestHeaders(headers);
    if (becomesGet(status, method)) {
      method = "GET";
      body = undefined;
      for (const name of OF_THE_BODY) headers.delete(name);
    }
    if (next.origin !== verdict.url.origin) {
      for (const name of [...ALWAYS_DROPPED, ...request.credentialHeaders]) headers.delete(name);
      if (body !== undefined && request.bodyIsSecret) {
        return { kind: "refused", reason: "a redirect would carry a secret to another origin", url: next.href };
      }
    }
    url = next.href;
  }
  return { kind: "too_many_redirects" };
}

function recordOf(headers: HeaderMap): Record<string, string> {
  return headers instanceof RequestHeaders ? headers.record : Object.fromEntries(headers);
}

/** Why nothing is sent to a URL that the rules allow as it is written; undefined where it may be. */
async function notDialled(
  url: string,
  verdict: { name?: string },
  policy: EgressPolicy,
  signal: AbortSignal | undefined,
): Promise<FetchOutcome | undefined> {
  const dial = await mayDial(verdict, policy, signal);
  return dial.ok ? undefined : { kind: dial.kind, reason: dial.reason, url };
}

/** Of the request's own URL, or of one where it was sent on to. */
function verdictOf(url: string, request: OutgoingRequest, policy: EgressPolicy): EgressVerdict {
  return request.isWritten === true && url === request.url ? egressOfWritten(url, policy) : egress(url, policy);
}

/** As the Fetch Standard has it: 303 asks for another resource, 301 and 302 are answered to a POST as if they were 303. */
function becomesGet(status: number, method: string): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}

function resolved(location: string, base: URL): URL | undefined {
  try {
    return new URL(location, base);
  } catch {
    return undefined;
  }
}
