import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { DocumentBody } from "../endpoint.ts";

const JSON_TYPES = ["application/json"];
const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

function tooLarge(maxBytes: number): Failure {
  return failure("PAYLOAD_TOO_LARGE", `The body is larger than ${maxBytes} bytes.`, {
    limit: "payload_bytes",
    max_bytes: maxBytes,
  });
}

function wrongType(contentType: string | null, accepted: readonly string[]): Failure {
  const sent = contentType === null ? "no Content-Type" : `"${contentType.slice(0, 100)}"`;
  return {
    ...failure("VALIDATION", `The body must be ${accepted.join(" or ")}, not ${sent}.`, {
      field: "content-type",
      accepted: [...accepted],
    }),
    status: 415,
  };
}

/** `application/json; charset=utf-8` → `application/json`; null for a charset that is not UTF-8. */
function mediaType(contentType: string): string | null {
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  const charset = parameters.map((it) => it.trim()).find((it) => it.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) return null;
  return type.trim();
}

async function collect(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | null> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The body as text of a known format; null when there is none. Stops reading at the bound, whatever was announced. */
export async function readBody(
  request: Request,
  allowYaml: boolean,
  maxBytes: number,
): Promise<Result<DocumentBody | null>> {
  const accepted = allowYaml ? [...JSON_TYPES, ...YAML_TYPES] : JSON_TYPES;
  const contentType = request.headers.get("content-type");
  const type = contentType === null ? null : mediaType(contentType);
  const announced = Number(request.headers.get("content-length") ?? "0");
  if (announced > maxBytes) return tooLarge(maxBytes);
  if (request.body === null) return success(null);
  if (contentType !== null && (type === null || !accepted.includes(type))) return wrongType(contentType, accepted);
  // The HTTP layer holds a sender to its Content-Length, so the fast way is safe when there is one.
  const bytes = announced > 0 ? new Uint8Array(await request.arrayBuffer()) : await collect(request.body, maxBytes);
  if (bytes === null) return tooLarge(maxBytes);
  if (bytes.byteLength === 0) return success(null);
  if (type === null) return wrongType(contentType, accepted);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return success({ text, format: JSON_TYPES.includes(type) ? "json" : "yaml" });
  } catch {
    return failure("VALIDATION", "The body is not valid UTF-8.", {
      problems: [{ path: "", message: "The body is not valid UTF-8." }],
      field: "",
    });
  }
}
