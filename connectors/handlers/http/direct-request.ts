import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { basicHeader } from "../../auth/basic.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { asText, partsOf, referencesOf, render, RenderProblem, type RenderScope } from "./render.ts";
import { type HeaderMap, RequestHeaders } from "../../egress/request-headers.ts";
import { pathParameters, renderUrl } from "./render-url.ts";
import { writeBody } from "./write-body.ts";

/** A request ready for the egress rules. */
export interface BuiltRequest {
  url: string;
  method: string;
  headers: RequestHeaders;
  body?: string | FormData | URLSearchParams | Uint8Array<ArrayBuffer>;
  /** What the body was made of, where its bytes do not show it: secrets are looked for in it. */
  bodyText?: string;
}

const BODY_METHODS: readonly string[] = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const DEFAULT_BODY_METHODS: readonly string[] = ["POST", "PUT", "PATCH"];
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
];
const METHOD = /^[A-Z]{3,10}$/;

/** The plain request of the direct style (section 7). Throws `RenderProblem` where the input does not suffice. */
export function directRequest(handler: PinnedHttpHandler, base: string | undefined, scope: RenderScope): BuiltRequest {
  const bare = renderUrl(handler.url, base, scope);
  const asksInQuery = handler.query !== undefined || handler.querySchema !== undefined;
  const url = asksInQuery ? withQuery(bare, queryOf(handler, scope)) : bare;
  const method = asText(render(handler.method, scope)).toUpperCase() || "GET";
  if (!METHOD.test(method)) throw new RenderProblem("method", `"${method.slice(0, 20)}" is not a method`);
  const headers = new RequestHeaders();
  if (handler.headers !== undefined) setHeaders(headers, render(handler.headers, scope) ?? {}, "headers");
  if (handler.auth !== undefined) setHeaders(headers, requestAuth(render(handler.auth, scope)), "auth");
  const body = BODY_METHODS.includes(method) ? bodyOf(handler, method, scope) : undefined;
  const bodyType = handler.bodyType === undefined ? "" : asText(render(handler.bodyType, scope));
  const written = writeBody(body, bodyType, headers);
  if (!headers.has("accept")) headers.set("accept", "application/json, */*;q=0.8");
  return { url, method, headers, ...written };
}

/** Puts headers of a map into a request; null is left out, and so is what the runtime sets itself. */
export function setHeaders(headers: HeaderMap, values: Json, field: string): void {
  if (!isObject(values)) throw new RenderProblem(field, `${field} must be a map`);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) continue;
    if (REFUSED_HEADERS.includes(name.toLowerCase()))
      throw new RenderProblem(`${field}.${name}`, `The header ${name} may not be set`);
    try {
      headers.set(name, asText(value));
    } catch {
      throw new RenderProblem(
        `${field}.${name.slice(0, 40)}`,
        `The header ${name.slice(0, 40)} has a name or value that HTTP does not allow`,
      );
    }
  }
}

function requestAuth(auth: Json | undefined): JsonObject {
  if (auth === undefined || auth === null) return {};
  if (!isObject(auth)) throw new RenderProblem("auth", "auth must be a map with a type");
  const type = asText(auth.type).toLowerCase();
  if (type === "bearer") return { authorization: `Bearer ${asText(auth.token)}` };
  if (type === "basic") return { authorization: basicHeader(asText(auth.username), asText(auth.password)) };
  if (type === "apikey" || type === "api_key")
    return { [asText(auth.name) || "X-API-Key"]: asText(auth.value ?? auth.key) };
  throw new RenderProblem("auth.type", "auth.type must be one of bearer, basic, apiKey");
}

function queryOf(handler: PinnedHttpHandler, scope: RenderScope): JsonObject {
  const written = handler.query === undefined ? {} : (render(handler.query, scope) ?? {});
  if (!isObject(written)) throw new RenderProblem("query", "query must be a map");
  return { ...membersOf(scope.input, namesOf(handler.querySchema)), ...written };
}

function withQuery(url: string, parts: JsonObject): string {
  const members = Object.entries(parts);
  if (members.length === 0) return url;
  const search = new URLSearchParams();
  for (const [name, value] of members) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== null) search.append(name, asText(item));
  }
  const text = search.toString();
  if (text === "") return url;
  const [plain = "", ...fragment] = url.split("#");
  const joined = `${plain}${plain.includes("?") ? "&" : "?"}${text}`;
  return fragment.length === 0 ? joined : `${joined}#${fragment.join("#")}`;
}

function bodyOf(handler: PinnedHttpHandler, method: string, scope: RenderScope): Json | undefined {
  if (handler.body !== undefined) return render(handler.body, scope);
  if (handler.bodySchema !== undefined) return membersOf(scope.input, namesOf(handler.bodySchema));
  if (!DEFAULT_BODY_METHODS.includes(method) || !isObject(scope.input)) return undefined;
  const carried = usedMembers(handler);
  if (carried.size === 0) return scope.input;
  return Object.fromEntries(Object.entries(scope.input).filter(([name]) => !carried.has(name)));
}

const used = new WeakMap<PinnedHttpHandler, ReadonlySet<string>>();

/** Members of the input that the URL, headers and query already carry: read once for as long as the handler is the same object. */
function usedMembers(handler: PinnedHttpHandler): ReadonlySet<string> {
  const known = used.get(handler);
  if (known !== undefined) return known;
  const members = membersInUse(handler);
  used.set(handler, members);
  return members;
}

function membersInUse(handler: PinnedHttpHandler): ReadonlySet<string> {
  const references = [handler.url, handler.headers, handler.query, handler.auth].flatMap(referencesOf);
  const fromInput = references
    .map(partsOf)
    .flatMap(({ root, path }) => (root === "input" && path[0] !== undefined ? [path[0]] : []));
  const parameters = pathParameters(handler.url).map((name) => name.split(".")[0] ?? name);
  return new Set([...fromInput, ...parameters, ...namesOf(handler.querySchema), ...namesOf(handler.pathSchema)]);
}

function namesOf(schema: JsonObject | undefined): string[] {
  return isObject(schema?.properties ?? null) ? Object.keys(schema?.properties ?? {}) : [];
}

function membersOf(input: Json, names: string[]): JsonObject {
  const members: JsonObject = {};
  if (!isObject(input)) return members;
  for (const name of names) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    if (value !== undefined) members[name] = value;
  }
  return members;
}
