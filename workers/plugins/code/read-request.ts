import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { SandboxRequest } from "../../../contracts/code-sandbox-rpc.ts";

const MOST_URL_CHARS = 16_384;
const MOST_HEADER_CHARS = 65_536;

/** A request as the code handed it over, checked; a text that says what is wrong with it. */
export function readRequest(written: unknown): SandboxRequest | string {
  if (typeof written !== "object" || written === null) return "a request must be an object";
  const { url, method, headers, body = null } = written as Partial<Record<keyof SandboxRequest, unknown>>;
  if (typeof url !== "string" || url.length > MOST_URL_CHARS) return "a request needs a URL that is not too long";
  if (typeof method !== "string" || method.length > 20) return "a request needs a method";
  if (!Array.isArray(headers)) return "the headers of a request must be a list";
  const pairs: [string, string][] = [];
  let chars = 0;
  for (const pair of headers) {
    const [name, value] = Array.isArray(pair) ? pair : [];
    if (typeof name !== "string" || typeof value !== "string") return "a header must be a name and a value";
    chars += name.length + value.length;
    if (chars > MOST_HEADER_CHARS) return `the headers of a request may have ${MOST_HEADER_CHARS} characters`;
    pairs.push([name, value]);
  }
  if (body === null) return { url, method: method.toUpperCase(), headers: pairs, body: null };
  if (!(body instanceof Uint8Array)) return "the body of a request must be bytes";
  if (body.byteLength > CODE_LIMITS.requestBytes)
    return `the body of a request may have ${CODE_LIMITS.requestBytes} bytes`;
  return { url, method: method.toUpperCase(), headers: pairs, body: new Uint8Array(body) };
}
