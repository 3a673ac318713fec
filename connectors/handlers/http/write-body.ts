import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { BuiltRequest } from "./direct-request.ts";
import { fromBase64 } from "./base64.ts";
import type { HeaderMap } from "../../egress/request-headers.ts";
import { asText, RenderProblem } from "./render.ts";

/** How a body may be written (`bodyType`). */
export const BODY_TYPES = ["json", "form", "multipart", "text", "binary"] as const;
export type BodyType = (typeof BODY_TYPES)[number];

/** A body on its way out; `text` has what was put in where its bytes do not show it. */
interface Written {
  body?: NonNullable<BuiltRequest["body"]>;
  bodyText?: string;
}

type Writer = (body: Json, headers: HeaderMap) => Written;

/** Every body type: to add one, write its writer and put it here. */
const WRITERS: Readonly<Record<BodyType, Writer>> = {
  json(body, headers) {
    defaultType(headers, "application/json");
    return { body: JSON.stringify(body) };
  },
  text(body, headers) {
    defaultType(headers, "text/plain;charset=UTF-8");
    return { body: asText(body) };
  },
  form(body, headers) {
    const form = new URLSearchParams();
    eachMember(body, "form", (name, value) => form.append(name, asText(value)));
    // The runtime writes it, with its charset.
    headers.delete("content-type");
    return { body: form };
  },
  multipart(body, headers) {
    const form = new FormData();
    eachMember(body, "multipart", (name, value) => {
      const file = isObject(value) ? fileOf(value, `body.${name}`) : undefined;
      if (file === undefined) form.append(name, asText(value));
      else form.append(name, new Blob([file.bytes], { type: file.type }), file.filename ?? name);
    });
    // The boundary is the runtime's.
    headers.delete("content-type");
    return { body: form, bodyText: JSON.stringify(body) };
  },
  binary(body, headers) {
    const file =
      typeof body === "string" ? fileOf({ base64: body }, "body") : isObject(body) ? fileOf(body, "body") : undefined;
    if (file === undefined)
      throw new RenderProblem(
        "body",
        "A binary body must be base64 text, or {base64, content_type} as a download gives it",
      );
    defaultType(headers, file.type === "" ? "application/octet-stream" : file.type);
    return { body: file.bytes, bodyText: JSON.stringify(body) };
  },
};

/** Writes a rendered body as `type` says; nothing said means JSON, and text where the body is text. */
export function writeBody(body: Json | undefined, type: string, headers: HeaderMap): Written {
  if (body === undefined) return {};
  const known = type === "" ? undefined : BODY_TYPES.find((one) => one === type);
  if (known === undefined && type !== "")
    throw new RenderProblem("bodyType", `bodyType must be one of ${BODY_TYPES.join(", ")}, not ${type.slice(0, 40)}`);
  return WRITERS[known ?? (typeof body === "string" ? "text" : "json")](body, headers);
}

function defaultType(headers: HeaderMap, type: string): void {
  if (!headers.has("content-type")) headers.set("content-type", type);
}

/** Members in order; a list gives one part for each item, null none. */
function eachMember(body: Json, type: string, take: (name: string, value: Json) => void): void {
  if (!isObject(body)) throw new RenderProblem("body", `A ${type} body must be a map`);
  for (const [name, value] of Object.entries(body))
    for (const item of Array.isArray(value) ? value : [value]) if (item !== null) take(name, item);
}

const FILE_MEMBERS: readonly string[] = ["filename", "content_type", "base64", "text", "size"];

/** `{base64 | text, filename?, content_type?, size?}`; undefined for any other map, which is a value of its own. */
function fileOf(
  value: JsonObject,
  field: string,
): { bytes: Uint8Array<ArrayBuffer>; type: string; filename: string | undefined } | undefined {
  const { base64, text, filename, content_type: type } = value;
  if (!Object.keys(value).every((name) => FILE_MEMBERS.includes(name))) return undefined;
  if ((typeof base64 === "string") === (typeof text === "string")) return undefined;
  const bytes =
    typeof base64 === "string" ? fromBase64(base64) : Uint8Array.from(new TextEncoder().encode(asText(text)));
  if (bytes === undefined) throw new RenderProblem(`${field}.base64`, `${field}.base64 is not base64`);
  return { bytes, type: asText(type), filename: typeof filename === "string" ? filename : undefined };
}
