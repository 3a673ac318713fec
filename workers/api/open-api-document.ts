import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import * as z from "zod";
import { errorBody } from "../../contracts/api/error.ts";
import { type ErrorCode, HTTP_STATUS } from "../../contracts/errors.ts";
import type { AnswerSpec, BodySpec, Endpoint, EndpointSpec, OpenEndpoint } from "./endpoint.ts";
import { hookOperations } from "./hook-operations.ts";

const MEANING: Readonly<Record<number, string>> = {
  400: "VALIDATION: what is wrong stands in `details.problems`",
  401: "UNAUTHENTICATED: no key, or one that is not valid",
  402: "QUOTA_EXCEEDED: nothing new starts before the quota's next period or a raise",
  403: "FORBIDDEN: the key lacks a scope, or may not do this",
  404: "NOT_FOUND",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  415: "VALIDATION: not a media type that is accepted here",
  429: "RATE_LIMITED: try again after `Retry-After`",
  500: "INTERNAL_ERROR: ours; the request id finds it",
  502: "BACKEND_ERROR: what the action called refused",
  503: "UNAVAILABLE: try again after `Retry-After`",
  504: "TIMEOUT",
};

type Responses = RouteConfig["responses"];

function jsonContent(schema: z.ZodType, example?: unknown) {
  return { "application/json": example === undefined ? { schema } : { schema, example } };
}

const YAML_CONTENT = { "application/yaml": { schema: z.string().meta({ description: "The same document as YAML." }) } };

function textContent(texts: AnswerSpec["texts"] = {}) {
  return Object.fromEntries(
    Object.entries(texts).map(([type, description]) => [type, { schema: z.string().meta({ description }) }]),
  );
}

function answer({ description, schema, alsoYaml, texts, example, headers }: AnswerSpec): Responses[string] {
  const shown = { "X-Request-Id": "Names this request", ...headers };
  return {
    description,
    headers: Object.fromEntries(
      Object.entries(shown).map(([name, text]) => [name, { description: text, schema: { type: "string" as const } }]),
    ),
    ...(schema || texts
      ? {
          content: {
            ...(schema ? jsonContent(schema, example) : {}),
            ...(alsoYaml ? YAML_CONTENT : {}),
            ...textContent(texts),
          },
        }
      : {}),
  };
}

function refusalStatuses(endpoint: EndpointSpec<never, never, never>): number[] {
  const codes: ErrorCode[] = [
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "VALIDATION",
    // Every request with a key counts against its limits.
    "RATE_LIMITED",
    "INTERNAL_ERROR",
    "UNAVAILABLE",
    ...(endpoint.refusals ?? []),
  ];
  const statuses = codes.map((code) => HTTP_STATUS[code] as number);
  return endpoint.body === undefined ? statuses : [...statuses, 413, 415];
}

function body(spec: BodySpec<never> | NonNullable<OpenEndpoint["body"]>): NonNullable<RouteConfig["request"]>["body"] {
  if (spec.kind === "json") return { required: spec.optional !== true, content: jsonContent(spec.schema) };
  const text = z.string().meta(spec.example === undefined ? {} : { example: spec.example });
  const json = spec.schema ?? z.looseObject({}).meta({ description: "The same document as JSON." });
  return { required: true, content: { "application/yaml": { schema: text }, "application/json": { schema: json } } };
}

function routeConfig(endpoint: Endpoint): RouteConfig {
  const { method, path, tag, summary, description, answers } = endpoint;
  const responses: Responses = {};
  for (const [status, spec] of Object.entries(answers)) responses[status] = answer(spec);
  const about = { method, path, tags: [tag], summary, ...(description ? { description } : {}), responses };
  if ("open" in endpoint) {
    const { params } = endpoint;
    const request = { ...(params ? { params } : {}), ...(endpoint.body ? { body: body(endpoint.body) } : {}) };
    return { ...about, security: [], ...(Object.keys(request).length > 0 ? { request } : {}) };
  }
  for (const status of refusalStatuses(endpoint))
    responses[status] = answer({ description: MEANING[status] ?? "Refused", schema: errorBody });
  const { params, query } = endpoint;
  return {
    ...about,
    description: `${description ?? ""}${description ? "\n\n" : ""}Scope: \`${endpoint.scope}\`.`,
    security: [{ key: [] }],
    request: {
      ...(params instanceof z.ZodObject ? { params } : {}),
      ...(query instanceof z.ZodObject ? { query } : {}),
      ...(endpoint.requestHeaders ? { headers: endpoint.requestHeaders } : {}),
      ...(endpoint.body ? { body: body(endpoint.body) } : {}),
    },
  };
}

/** `/openapi.json`, from the very schemas that requests are checked with. */
export function openApiDocument(endpoints: readonly Endpoint[]): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "An API key: sk_live_… or sk_test_…",
  });
  for (const endpoint of endpoints)
    if (!("hidden" in endpoint && endpoint.hidden)) app.openAPIRegistry.registerPath(routeConfig(endpoint));
  for (const operation of hookOperations()) app.openAPIRegistry.registerPath(operation);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Smartify Cloud",
      version: "0.1.0",
      description:
        "Publish workflows, run them, get their results. Every answer carries X-Request-Id; every refusal has the body of `Error`.",
    },
  });
}
