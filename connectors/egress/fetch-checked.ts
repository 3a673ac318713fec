import { egress, type EgressPolicy } from "./egress.ts";

export interface OutgoingRequest {
  url: string;
  method: string;
  headers: Headers;
  body?: string | FormData | URLSearchParams;
  /** Names of headers that carry a credential: dropped when a redirect leaves the origin. */
  credentialHeaders: readonly string[];
  /** The body carries a credential: a redirect that would take it to another origin is refused. */
  bodyIsSecret: boolean;
}

export type FetchOutcome =
  | { kind: "answer"; response: Response }
  | { kind: "refused"; reason: string }
  | { kind: "too_many_redirects" };

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const ALWAYS_DROPPED = ["authorization", "proxy-authorization", "cookie"];

/**
 * Sends a request through the egress rules and follows its redirects itself: every hop is checked again, and credentials stay
 * with their origin (threat T3). Throws what `fetch` throws: no connection, or the signal's abort.
 */
export async function fetchChecked(
  request: OutgoingRequest,
  policy: EgressPolicy,
  signal: AbortSignal,
  send: typeof fetch,
): Promise<FetchOutcome> {
  let { url, method, body } = request;
  const headers = new Headers(request.headers);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
    const verdict = egress(url, policy);
    if (!verdict.ok) return { kind: "refused", reason: verdict.reason };
    const response = await send(verdict.dial.href, { method, headers, body: body ?? null, redirect: "manual", signal });
    const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return { kind: "answer", response };
    await response.body?.cancel();
    const next = resolved(location, verdict.url);
    if (next === undefined) return { kind: "refused", reason: "it redirects to what is no URL" };
    const keepsMethod = response.status === 307 || response.status === 308 || method === "GET" || method === "HEAD";
    if (!keepsMethod) {
      method = "GET";
      body = undefined;
      for (const name of ["content-type", "content-length"]) headers.delete(name);
    }
    if (next.origin !== verdict.url.origin) {
      for (const name of [...ALWAYS_DROPPED, ...request.credentialHeaders]) headers.delete(name);
      if (body !== undefined && request.bodyIsSecret) {
        return { kind: "refused", reason: "a redirect would carry a secret to another origin" };
      }
    }
    url = next.href;
  }
  return { kind: "too_many_redirects" };
}

function resolved(location: string, base: URL): URL | undefined {
  try {
    return new URL(location, base);
  } catch {
    return undefined;
  }
}
