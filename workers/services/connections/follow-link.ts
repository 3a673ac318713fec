import { failure, success, type Result } from "../../../contracts/errors.ts";
import { base64Url } from "../../../vault/encoding.ts";
import type { Ports } from "../context.ts";
import { sealedConnectionOf } from "./connection-view.ts";
import { finishLink, openLink, rowOfLink } from "./open-link.ts";

export type Followed = { kind: "connected" } | { kind: "provider"; location: string; session: string };

/** Somebody pressed the button of a connect link's page. What was filled in is read only where the link is good. */
export async function followLink(
  ports: Ports,
  token: string,
  readForm: () => Promise<Record<string, string> | null>,
): Promise<Result<Followed>> {
  const opened = await openLink(ports, token, () => undefined);
  if (!opened.ok) return opened;
  const { context, link, type } = opened.value;
  if (type !== "OAUTH2") {
    const given = await readForm();
    if (given === null) return failure("PAYLOAD_TOO_LARGE", "What was filled in is too much.");
    const finished = await finishLink(opened.value, given);
    return finished.ok ? success({ kind: "connected" }) : finished;
  }
  const row = await rowOfLink(opened.value);
  if (!row.ok) return row;
  const session = base64Url(ports.random(32));
  const begun = await ports.oauth.beginAuthorization(context.caller, sealedConnectionOf(row.value), {
    session,
    redirectUri: redirectUri(ports),
    link: link.nonce,
  });
  return begun.ok ? success({ kind: "provider", location: begun.value.url, session }) : begun;
}

/** The provider sent the browser back. */
export function finishAuthorization(ports: Ports, query: string, session: string | null): Promise<Result<unknown>> {
  return ports.oauth.finishAuthorization(query, { session, redirectUri: redirectUri(ports) });
}

function redirectUri({ publicUrl }: Ports): string {
  return `${publicUrl}/oauth/callback`;
}
