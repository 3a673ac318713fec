import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { isObject, type Json } from "../../engine/json.ts";
import { ANSWER_TYPES } from "../handlers/http/body-type-of.ts";
import { BODY_TYPES } from "../handlers/http/write-body.ts";
import type { HttpHandler, UrlValidation } from "./manifest.ts";
import { readSuccess, readUsage } from "./read-body-verdict.ts";
import { readIdempotency } from "./read-idempotency.ts";
import { readPagination } from "./read-pagination.ts";
import { readRetryOrFlat, readTimeout } from "./read-limits.ts";
import { readSchema } from "./read-schema.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** Members of an action that make it a direct http action without a `handler` (the action engine's form). */
export const ACTION_ENGINE_MEMBERS = ["endpointTemplate", "endpoint_template", "url", "method"] as const;

/** The members of `handler: {http: {…}}`, or of an action in the action engine's form. */
export function readHttpHandler(block: BlockReader, owner: string): HttpHandler {
  const method = readMethod(block);
  const pagination = readPagination(block, owner);
  const endpoint = block.text(["endpointTemplate", "endpoint_template", "path"]);
  const url = block.text(["url"]);
  const written = block.oneOf(["style"], ["service", "direct"]);
  const handler: HttpHandler = {
    kind: "http",
    style: "direct",
    method: method ?? "GET",
    url: endpoint ?? url ?? "",
    headers: headersOf(block),
    query: block.json(["query"]),
    querySchema: readSchema(block, ["querySchema", "query_schema"]),
    pathSchema: readSchema(block, ["pathSchema", "path_schema"]),
    body: block.json(["body"]),
    bodySchema: readSchema(block, ["bodySchema", "body_schema"]),
    bodyType: block.oneOf(["bodyType", "body_type"], BODY_TYPES),
    idempotency: readIdempotency(block, owner),
    pagination,
    auth: block.json(["auth"]),
    timeoutMs: readTimeout(block),
    retry: readRetryOrFlat(block, owner),
    urlValidation: readUrlValidation(block, owner),
    response: readResponse(block, owner),
  };
  const templated =
    endpoint !== undefined || /\{/.test(handler.url) || block.has("headersTemplate") || block.has("headers_template");
  const shaped = [handler.query, handler.querySchema, handler.pathSchema, handler.body, handler.bodySchema].some(
    (part) => part !== undefined,
  );
  const plain = (method === undefined || method === "POST") && !templated && !shaped && pagination === undefined;
  handler.style = written ?? (plain ? "service" : "direct");
  const paged = block.member(["pagination"]);
  if (paged && handler.style === "service")
    block.context.refuseKey(paged, "a call of the service style has no pages: set style to direct");
  if (handler.style === "service") {
    handler.method = "POST";
    if (handler.url === "") handler.url = "/execute";
  }
  if (paged && pagination && "in" in pagination && pagination.in === "body" && ["GET", "HEAD"].includes(handler.method))
    block.context.refuse(paged, `pagination cannot put ${pagination.param} into the body of a ${handler.method}`);
  if (endpoint !== undefined && url !== undefined) handler.url = joined(url, endpoint);
  return withoutUndefined(handler);
}

/** Both given: `url` is the base of `endpointTemplate`. */
function joined(base: string, endpoint: string): string {
  return `${base.replace(/\/+$/, "")}/${endpoint.replace(/^\/+/, "")}`;
}

function readMethod(block: BlockReader): string | undefined {
  const member = block.member(["method"]);
  const written = block.text(["method"]);
  if (member === undefined || written === undefined) return undefined;
  const method = METHODS.find((known) => known === written.toUpperCase());
  if (method === undefined) block.context.refuse(member, `method must be one of ${METHODS.join(", ")}`);
  return method;
}

function headersOf(block: BlockReader): Json | undefined {
  const headers = block.object(["headers", "headersTemplate", "headers_template"]);
  return headers;
}

function readUrlValidation(block: BlockReader, owner: string): UrlValidation | undefined {
  const member = block.member(["urlValidation", "url_validation"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const validation = withoutUndefined<UrlValidation>({
    allowedDomains: inner.texts(["allowedDomains", "allowed_domains"]),
    blockedDomains: inner.texts(["blockedDomains", "blocked_domains"]),
    allowedPorts: ports(inner, "allowedPorts"),
    blockedPorts: ports(inner, "blockedPorts"),
    allowedSchemes: inner.texts(["allowedSchemes", "allowed_schemes"]),
    blockedIpRanges: inner.texts(["blockedIpRanges", "blocked_ip_ranges"]),
    requireHTTPS: inner.boolean(["requireHTTPS", "requireHttps", "require_https"]),
  });
  inner.finish(`urlValidation of ${owner}`);
  return validation;
}

function ports(block: BlockReader, name: string): number[] | undefined {
  const member = block.member([name]);
  const value = block.json([name]);
  if (member === undefined || value === undefined) return undefined;
  const list = Array.isArray(value) ? value : [value];
  const found = list.filter((port) => typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536);
  if (found.length < list.length) block.context.refuse(member, `${name} must be a list of port numbers`);
  return found.filter((port) => typeof port === "number");
}

function readResponse(block: BlockReader, owner: string): HttpHandler["response"] {
  const member = block.member(["response"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const status = inner.json(["status"]);
  const statusMember = inner.member(["status"]);
  const list = status === undefined ? undefined : Array.isArray(status) ? status : [status];
  if (statusMember && list?.some((item) => !Number.isInteger(item) || Number(item) < 100 || Number(item) > 599)) {
    inner.context.refuse(statusMember, "response.status must be a status from 100 to 599, or a list of them");
  }
  const extract = readExtract(inner);
  const success = readSuccess(inner, owner);
  const usage = readUsage(inner, owner);
  const type = inner.oneOf(["type"], ANSWER_TYPES);
  inner.finish(`response of ${owner}`);
  return withoutUndefined({ status: list, extract, type, success, usage });
}

/** A JSONPath, or `{path: …}`. */
function readExtract(block: BlockReader): string | undefined {
  const member = block.member(["extract"]);
  if (member === undefined) return undefined;
  const value = block.json(["extract"]);
  const path = isObject(value ?? null) && isObject(value) ? value.path : value;
  if (typeof path === "string" && path.startsWith("$")) return path;
  block.context.refuse(member, "response.extract must be a JSONPath that begins with $");
  return undefined;
}
