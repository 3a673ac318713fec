import type { JsonObject } from "../../engine/json.ts";
import type { ActionManifest, ConnectorManifest } from "../manifest/manifest.ts";
import { anything, integer, list, map, object, oneOf, open, string } from "./schema-terms.ts";

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
  "body?": anything("Text as it is, anything else as JSON"),
  "body_type?": oneOf("How the body is written", ["json", "form", "text"]),
};
const output = open({
  status: integer("Status of the answer"),
  headers: map("Headers of the answer, names in lower case"),
  body: anything("The parsed body of a JSON answer, else text"),
});

/** A whole member of the input, with its type. */
const fromInput = (member: string) => `\${input.${member}}`;

function action(name: string, method: string): ActionManifest {
  const sendsBody = !["GET", "HEAD"].includes(method);
  const free = name === "request";
  return {
    name,
    description: free ? "Any request" : `A ${method} request`,
    input: object({
      ...request,
      ...(sendsBody ? body : {}),
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
      response: { status: fromInput("expected_status") },
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
