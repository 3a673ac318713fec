import type { OpenConnection } from "../auth/credentials.ts";
import type { AuthDeclaration } from "../manifest/manifest.ts";
import { type Failed, failed } from "../failed.ts";
import { hostOf } from "../handlers/http/host-of.ts";
import { originIsWritten } from "../handlers/http/render-url.ts";
import type { WantedConnection } from "../wanted-connection.ts";

/** A request's URL, and what is known of who chose where it leads. */
interface Place {
  url: string;
  /** What the URL was made of. */
  template: string;
  /** Of the connection, else of the connector. */
  base: string | undefined;
  wanted: WantedConnection;
  declared: AuthDeclaration | undefined;
}

/**
 * The connection whose credential a request may carry (decision 0036). Where the input says where it leads, that is the origin of the
 * base URL alone; where there is none, the step has to name the connection. A call that would do without gets none, any other fails.
 */
export function credentialFor(
  connection: OpenConnection | null,
  { url, template, base, wanted, declared }: Place,
): { ok: true; connection: OpenConnection | null } | Failed {
  if (connection === null || originIsWritten(template)) return { ok: true, connection };
  // The rules of egress say what is wrong with it.
  if (!URL.canParse(url)) return { ok: true, connection: null };
  const named = wanted.ref !== undefined || wanted.endUser !== undefined;
  const isOwn = base === undefined ? named : URL.canParse(base) && new URL(base).origin === new URL(url).origin;
  if (isOwn) return { ok: true, connection };
  if (!named && (declared?.type ?? "NONE") === "NONE") return { ok: true, connection: null };
  const host = hostOf(url);
  const why =
    base === undefined
      ? "the input chose this host: give the connection the `base_url` that it is for, or name it in the step's `connection`"
      : `it is for ${originOf(base)}, the origin of its \`base_url\` or its connector's`;
  const message = `The credential of the connection is not sent to ${host}: ${why}`;
  return failed("FORBIDDEN", message, { reason: "credential", backend: host, connection_id: connection.id }, true);
}

function originOf(base: string): string {
  return URL.canParse(base) ? new URL(base).origin : "no URL";
}
