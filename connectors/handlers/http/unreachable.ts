import { type Failed, failed } from "../../failed.ts";
import { hostOf } from "./host-of.ts";

/** Why no whole answer came: `details.reason` of UNAVAILABLE. */
type Reason = "dns" | "tls" | "dns_or_tls" | "refused" | "connection";

/** Messages by which a runtime says that no connection came about, so that nothing was sent. */
const NEVER_CONNECTED: readonly [RegExp, Reason][] = [
  [/ENOTFOUND|EAI_AGAIN|\bdns\b|resolve/i, "dns"],
  [/certificate|\bTLS\b|\bSSL\b|handshake/i, "tls"],
  [/refused|unreachable/i, "refused"],
];
/**
 * workerd says no more than this of a name that does not resolve and of TLS that fails; the cause is in its own log. Whether it
 * means anything else on Cloudflare's edge nobody says, so the outcome counts as unknown there.
 */
const RUNTIME_KEEPS_IT = /^internal error; reference/;
const BAD_ENCODING = /decompression|content.?encoding|gzip|brotli/i;

const SAID: Readonly<Record<Reason, string>> = {
  dns: "its name does not resolve",
  tls: "its certificate or its TLS is not accepted",
  dns_or_tls: "its name does not resolve, or its certificate or its TLS is not accepted",
  refused: "it takes no connection",
  connection: "it took no connection, or broke it off, or what it answered is no HTTP",
};
const SUGGESTION = "Check that the service is up and its address is right";

/** The deployment's resolver knows no address. `sent`: a redirect led there, so that something was sent before. */
export function unresolved(url: string, why: string, sent: boolean): Failed {
  const backend = hostOf(url);
  const details = { backend, reason: "dns", suggestion: SUGGESTION };
  const failure = failed("UNAVAILABLE", `${backend} cannot be reached: ${why}`, details);
  return sent ? { ...failure, outcomeUnknown: true } : failure;
}

/** What the reading of a body threw: its head had come, so the service was reached. */
export function cutOff(url: string, response: Response, received: number | undefined, error: unknown): Failed {
  const said = error instanceof Error ? error.message : "";
  const backend = hostOf(url);
  const { status } = response;
  if (BAD_ENCODING.test(said)) return badEncoding(backend, status);
  const promised = response.headers.get("content-length");
  const whole = promised === null ? "" : ` of ${promised}`;
  const when =
    received === undefined
      ? `before the end of its${promised === null ? "" : ` ${promised}`} bytes`
      : `after ${received}${whole} bytes`;
  const message = `${backend} broke off its answer (status ${status}) ${when}`;
  return { ...failed("UNAVAILABLE", message, { backend, reason: "cut_off", status }), outcomeUnknown: true };
}

function badEncoding(backend: string, status?: number): Failed {
  const message = `${backend} answered with a body that is not what its Content-Encoding says`;
  const details = { backend, reason: "content_encoding", ...(status === undefined ? {} : { status }) };
  return failed("BACKEND_ERROR", message, details);
}

/**
 * What a `fetch` threw. `dialled`: the last URL that was tried; absent when nothing was sent. `resolved`: the deployment's resolver knew an address
 * of its name just before.
 */
export function brokenOff(url: string, dialled: string | undefined, error: unknown, resolved: boolean): Failed {
  const said = error instanceof Error ? `${error.message} ${causeOf(error)}`.trim() : "";
  const backend = hostOf(url);
  if (BAD_ENCODING.test(said)) return badEncoding(backend);
  const known = NEVER_CONNECTED.find(([pattern]) => pattern.test(said))?.[1];
  const reason = known ?? reasonOf(said, dialled, resolved);
  const failure = failed("UNAVAILABLE", `${backend} cannot be reached: ${SAID[reason]}`, {
    backend,
    reason,
    suggestion: SUGGESTION,
  });
  return dialled !== undefined && known === undefined ? { ...failure, outcomeUnknown: true } : failure;
}

function reasonOf(said: string, dialled: string | undefined, resolved: boolean): Reason {
  if (dialled === undefined || !RUNTIME_KEEPS_IT.test(said)) return "connection";
  const { protocol, hostname } = new URL(dialled);
  if (protocol === "http:") return "dns";
  return resolved || /^[\d.]+$|^\[/.test(hostname) ? "tls" : "dns_or_tls";
}

function causeOf({ cause }: Error): string {
  if (!(cause instanceof Error)) return "";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return `${cause.message} ${code}`;
}
