import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context as HonoContext } from "hono";
import * as z from "zod";
import { failure, type Failure } from "../../contracts/errors.ts";
import { limitsOf } from "../../contracts/limits.ts";
import type { Ports } from "../services/context.ts";
import type { Admission } from "../services/requests/rate-limiter.ts";
import type { Answer, Endpoint, EndpointSpec, OpenEndpoint } from "./endpoint.ts";
import { authenticate, keyInQuery } from "./middleware/authenticate.ts";
import { authenticateToken } from "./middleware/authenticate-token.ts";
import { answerError } from "./middleware/on-error.ts";
import { checked, parseBody, queryObject } from "./middleware/parse-request.ts";
import { refuse, respond } from "./middleware/refuse.ts";
import { newRequestId } from "./middleware/request-id.ts";
import { openApiDocument } from "./open-api-document.ts";
import { routes } from "./routes.ts";

const NO_QUERY = z.strictObject({});

function parseQuery(endpoint: EndpointSpec<unknown, unknown, unknown>, search: URLSearchParams) {
  if (endpoint.query === "any") return { ok: true as const, value: undefined };
  const query = queryObject(search);
  if (!query.ok) return query;
  return checked<unknown>(endpoint.query ?? NO_QUERY, query.value);
}

/** Order of the checks: key in the URL, key, scope, path, query, body. Nothing has happened before all of them passed. */
async function handle(
  endpoint: EndpointSpec<unknown, unknown, unknown>,
  c: HonoContext,
  ports: Ports,
  headers: Record<string, string>,
): Promise<Answer | Failure | Response> {
  const url = c.req.url;
  const search = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "");
  const leaked = search.size > 0 ? keyInQuery(search) : null;
  if (leaked !== null) return leaked;
  const address = c.req.header("cf-connecting-ip");
  const token = endpoint.byToken ? search.get("token") : null;
  const access =
    token === null
      ? await authenticate(ports, c.req.header("authorization"), endpoint.scope, address)
      : await authenticateToken(ports, token, c.req.raw, endpoint.scope);
  if (!access.ok) return access;
  const { caller } = access.value;
  const background = (task: Promise<unknown>) => c.executionCtx.waitUntil(task);
  const admission = await ports.rates.admit(ports, caller, background);
  Object.assign(headers, admission.headers);
  if (admission.retryAfterMs !== undefined) return tooManyRequests(admission);
  if (token !== null) search.delete("token");
  const params = endpoint.params === undefined ? undefined : checked(endpoint.params, c.req.param());
  if (params?.ok === false) return params;
  const query = endpoint.query === undefined && search.size === 0 ? undefined : parseQuery(endpoint, search);
  const defaults =
    endpoint.query !== undefined && endpoint.query !== "any" && query === undefined
      ? checked(endpoint.query, {})
      : query;
  if (defaults?.ok === false) return defaults;
  const limits = limitsOf(ports.defaultLimits, caller.settings?.limits);
  const body = endpoint.body === undefined ? undefined : await parseBody(c.req.raw, endpoint.body, limits);
  if (body?.ok === false) return body;
  return endpoint.handle({
    context: { ports, caller, background },
    params: params?.value,
    query: defaults?.value,
    body: body?.value,
    search,
    header: (name) => c.req.header(name),
    request: c.req.raw,
    access: access.value,
  });
}

/** Pages of other origins may read what a stream token opens, and nothing else. */
function forOrigins(response: Response, endpoint: Endpoint, c: HonoContext): void {
  const origin = c.req.header("origin");
  if (!("byToken" in endpoint) || origin === undefined || c.req.query("token") === undefined) return;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("vary", "origin");
}

function tooManyRequests({ limit = "requests_per_second", retryAfterMs = 1_000 }: Admission): Failure {
  const whose = limit === "requests_per_second" ? "This tenant's keys together send" : "This key sends";
  const message = `${whose} more requests than its limit ${limit} allows.`;
  return { ...failure("RATE_LIMITED", message, { limit }), retryAfter: retryAfterMs / 1_000 };
}

function isFailure(outcome: Answer | Failure): outcome is Failure {
  return "ok" in outcome;
}

/** `limited`: what it says of the caller's rate limits. */
function responseOf(
  outcome: Answer | Failure | Response,
  requestId: string,
  limited: Readonly<Record<string, string>>,
): Response {
  if (!(outcome instanceof Response)) {
    if (isFailure(outcome)) return refuse(outcome, requestId, limited);
    return respond({ ...outcome, headers: { ...limited, ...outcome.headers } }, requestId);
  }
  outcome.headers.set("x-request-id", requestId);
  return outcome;
}

/** `{slug}` → `:slug`; a `{path}` at the end takes all that follows. */
function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "path" ? ":path{.+}" : `:${name}`));
}

/** Words before parameters, so that `/workflows/executions` is never the workflow of that slug. */
function bySpecificity(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const order = Number(left[at]?.startsWith("{")) - Number(right[at]?.startsWith("{"));
    if (order !== 0) return order;
  }
  // A beginning before what it begins: were they equal, the order of all others would hang on where it stands.
  return left.length - right.length;
}

function methodNotAllowed(methods: readonly string[]): Failure {
  return { ...failure("VALIDATION", `This path answers ${methods.join(", ")}.`, { allow: [...methods] }), status: 405 };
}

/** The public API over what the world offers. */
export function createApp(ports: Ports) {
  const app = new OpenAPIHono();
  const byPath = new Map<string, Endpoint[]>();
  for (const endpoint of routes) byPath.set(endpoint.path, [...(byPath.get(endpoint.path) ?? []), endpoint]);
  let document: object | undefined;
  const openApi = () => {
    document ??= openApiDocument(routes);
    return document;
  };
  for (const path of [...byPath.keys()].sort(bySpecificity)) {
    const endpoints = byPath.get(path) ?? [];
    for (const endpoint of endpoints) {
      app.on(endpoint.method.toUpperCase(), honoPath(path), async (c) => {
        const requestId = newRequestId();
        const limited: Record<string, string> = {};
        try {
          const outcome =
            "open" in endpoint
              ? await open(endpoint, c, ports, openApi)
              : await handle(erased(endpoint), c, ports, limited);
          const response = responseOf(outcome, requestId, limited);
          forOrigins(response, endpoint, c);
          return response;
        } catch (error) {
          return answerError(error, requestId);
        }
      });
    }
    const allowed = endpoints.flatMap((it) => (it.method === "get" ? ["GET", "HEAD"] : [it.method.toUpperCase()]));
    app.all(honoPath(path), () => refuse(methodNotAllowed(allowed), newRequestId(), { allow: allowed.join(", ") }));
  }
  app.notFound(() => refuse(failure("NOT_FOUND", "There is nothing at this path."), newRequestId()));
  app.onError((error) => answerError(error, newRequestId()));
  return app;
}

function open(
  endpoint: OpenEndpoint,
  c: HonoContext,
  ports: Ports,
  openApi: () => object,
): Promise<Response | Answer | Failure> {
  return endpoint.handle({ ports, request: c.req.raw, openApi });
}

/** What `endpoint()` forgot on purpose: the router parses with the endpoint's own schemas before it calls. */
function erased(endpoint: EndpointSpec<never, never, never>): EndpointSpec<unknown, unknown, unknown> {
  return endpoint as unknown as EndpointSpec<unknown, unknown, unknown>;
}
