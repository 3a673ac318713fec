import type { JsonObject } from "../../engine/json.ts";
import { ANSWER_TYPES } from "../handlers/http/body-type-of.ts";
import { BODY_TYPES } from "../handlers/http/write-body.ts";
import type { ActionManifest, ConnectorManifest } from "../manifest/manifest.ts";
import { pagination } from "./http-pagination.ts";
import { anything, boolean, integer, list, map, object, oneOf, open, string } from "./schema-terms.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

const secretMap = (description: string): JsonObject => map(description, { "x-secret": true });

const request: Record<string, JsonObject> = {
  url: string("Absolute, http or https", { minLength: 1 }),
  "headers?": secretMap("Headers of the request; values may be secrets"),
  "query?": map("Members of the query"),
  "auth?": secretMap("{type: bearer, token} or {type: basic, username, password}; values may be secrets"),
  "expected_status?": list("Statuses of 4xx and 5xx that are no failure", integer("A status")),
};
const body: Record<string, JsonObject> = {
  "body?": anything(
    "Text as it is, anything else as JSON; by `body_type` a map whose members are fields and files (`{filename, content_type, base64}` or `{…, text}`), or base64",
  ),
  "body_type?": oneOf("How the body is written", BODY_TYPES),
};
const reading: Record<string, JsonObject> = {
  "response_type?": oneOf("How the answer's body is read, whatever its content type says", ANSWER_TYPES),
};
const output = open({
  status: integer("Status of the answer"),
  headers: map("Headers of the answer, names in lower case"),
  body: anything("Parsed JSON; text; `{base64, content_type, size}` of anything else; null where there is none"),
  "pages?": integer("With `pagination`: how many pages were fetched; `body` has the items of all of them"),
  "has_more?": boolean("With `pagination`: whether there are more, which were not fetched"),
});

/** A whole member of the input, with its type. */
const fromInput = (member: string) => `\${input.${member}}` as const;
/** Whose answers come in pages: lists, and searches by POST. */
const PAGED = ["get", "post", "request"];

function action(name: string, method: string): ActionManifest {
  const sendsBody = !["GET", "HEAD"].includes(method);
  const free = name === "request";
  return {
    name,
    description: free ? "Any request" : `A ${method} request`,
    input: object({
      ...request,
      ...(sendsBody ? body : {}),
      ...(method === "HEAD" ? {} : reading),
      ...(PAGED.includes(name) ? { "pagination?": pagination } : {}),
      ...(free ? { "method?": oneOf("The method", METHODS, { default: "GET" }) } : {}),
    }),
    output,
    handler: {
      kind: "http",
      style: "direct",
      method: free ? fromInput("method") : method,
      url: fromInput("url"),
      headers: fromInput("headers"),
      query: fromInput("query"),
      auth: fromInput("auth"),
      ...(sendsBody ? { body: fromInput("body"), bodyType: fromInput("body_type") } : {}),
      ...(PAGED.includes(name) ? { pagination: fromInput("pagination") } : {}),
      response: { status: fromInput("expected_status"), type: fromInput("response_type") },
    },
  };
}

/** `community/http`: plain requests to anywhere public. It runs in the http plugin. */
export const http: ConnectorManifest = {
  namespace: "community",
  name: "http",
  version: "1.0.0",
  kind: "http",
  displayName: "HTTP",
  description: "Plain HTTP requests",
  author: "Smartify",
  license: "MIT",
  categories: ["network"],
  actions: [
    action("get", "GET"),
    action("head", "HEAD"),
    action("post", "POST"),
    action("put", "PUT"),
    action("patch", "PATCH"),
    action("delete", "DELETE"),
    action("request", "any"),
  ],
};
