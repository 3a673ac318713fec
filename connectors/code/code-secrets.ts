import { bytesOfText, textOfBytes } from "./byte-text.ts";
import type { SandboxedRequest } from "./sandboxed-request.ts";
import { unsetSecret } from "../unset-secret.ts";

/** A secret that code holds as a handle, and where it may stand. */
export interface HeldSecret {
  handle: string;
  name: string;
  positions: readonly string[];
  hosts: readonly string[];
}

export type Placed = { ok: true; secretHeaders: string[]; bodyIsSecret: boolean } | { ok: false; message: string };

/** `*.example.com` is every name below it; anything else is that name alone. */
export function matchesHost(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase().replace(/\.+$/, "");
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/**
 * Puts the values of secrets where their handles stand (section 17), each in a position and to a host that was declared for
 * it. A handle anywhere else is refused: the request does not leave.
 */
export function placeSecrets(
  request: SandboxedRequest,
  host: string,
  held: readonly HeldSecret[],
  values: Readonly<Record<string, string>>,
): Placed {
  const url = new URL(request.url);
  const secretHeaders = new Set<string>();
  let bodyIsSecret = false;
  for (const secret of held) {
    const value = Object.hasOwn(values, secret.name) ? values[secret.name] : undefined;
    const placing: Placing = { secret, value, toHost: secret.hosts.some((pattern) => matchesHost(host, pattern)) };
    const body = request.body === null ? "" : textOfBytes(request.body);
    const where =
      inUrl(url, placing) ?? inHeaders(request.headers, placing, secretHeaders) ?? inBody(request, body, placing);
    if (where !== undefined) return { ok: false, message: refusal(placing, where, host) };
    bodyIsSecret ||= body.includes(secret.handle);
  }
  request.url = url.href;
  return { ok: true, secretHeaders: [...secretHeaders], bodyIsSecret };
}

interface Placing {
  secret: HeldSecret;
  value: string | undefined;
  /** The request goes to a host that is declared for it. */
  toHost: boolean;
}

/** The value, where it may stand there. */
function valueFor({ secret, value, toHost }: Placing, place: string, member: string): string | undefined {
  const { positions } = secret;
  const declared = positions.includes(place) || positions.includes(`${place}:${member.toLowerCase()}`);
  return toHost && declared ? value : undefined;
}

/*
 * Each puts the value where the handle stands, or answers the place where it may not.
 */

function inUrl(url: URL, placing: Placing): string | undefined {
  const { handle } = placing.secret;
  if ((url.origin + url.pathname + url.hash).includes(handle)) return "the path";
  for (const [member, text] of [...url.searchParams]) {
    if (member.includes(handle)) return "the name of a query member";
    if (!text.includes(handle)) continue;
    const value = valueFor(placing, "query", member);
    if (value === undefined) return `the query member ${member}`;
    const replaced = text.replaceAll(handle, () => value);
    url.searchParams.set(member, replaced);
  }
  return undefined;
}

function inHeaders(headers: Headers, placing: Placing, secretHeaders: Set<string>): string | undefined {
  const { handle } = placing.secret;
  for (const [header, text] of [...headers]) {
    if (header.includes(handle)) return "the name of a header";
    if (!text.includes(handle)) continue;
    const value = valueFor(placing, "header", header);
    if (value === undefined) return `the header ${header}`;
    const replaced = text.replaceAll(handle, () => value);
    headers.set(header, replaced);
    secretHeaders.add(header);
  }
  return undefined;
}

function inBody(request: SandboxedRequest, body: string, placing: Placing): string | undefined {
  const { handle } = placing.secret;
  if (!body.includes(handle)) return undefined;
  const value = valueFor(placing, "body", "");
  if (value === undefined) return "the body";
  request.body = replaceInBody(request, handle, value);
  return undefined;
}

function refusal({ secret: { name }, value, toHost }: Placing, where: string, host: string): string {
  if (value === undefined) return unsetSecret(name);
  return toHost
    ? `The secret ${name} may not stand in ${where}: the connector does not declare that position`
    : `The secret ${name} may not go to ${host}: the connector does not declare that host for it`;
}

/** The value as the kind of body wants it written. */
function replaceInBody({ headers, body }: SandboxedRequest, handle: string, value: string): Uint8Array<ArrayBuffer> {
  const type = headers.get("content-type") ?? "";
  const written = /json/i.test(type)
    ? JSON.stringify(value).slice(1, -1)
    : /x-www-form-urlencoded/i.test(type)
      ? encodeURIComponent(value)
      : value;
  // Byte by byte, so that a body which is no text keeps its other bytes.
  const replacement = textOfBytes(new TextEncoder().encode(written));
  return bytesOfText(textOfBytes(body ?? new Uint8Array()).replaceAll(handle, () => replacement));
}
