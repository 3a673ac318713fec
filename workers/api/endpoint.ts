import type * as z from "zod";
import type { ErrorCode, Failure } from "../../contracts/errors.ts";
import type { LimitName } from "../../contracts/limits.ts";
import type { Scope } from "../../contracts/scopes.ts";
import type { Context, Ports } from "../services/context.ts";
import type { Access } from "./middleware/access.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** A document as it came: the verb that reads it knows lines and columns. */
export interface DocumentBody {
  text: string;
  format: "yaml" | "json";
}

/** The limit that bounds a body; `payload_bytes` or `document_bytes` where a route says nothing. */
type BodyLimit = Extract<LimitName, "payload_bytes" | "document_bytes" | "batch_bytes">;

/** What a route reads from the body. */
export type BodySpec<Body> =
  | { kind: "json"; schema: z.ZodType<Body>; optional?: boolean; limit?: BodyLimit }
  | { kind: "document"; schema?: z.ZodType; example?: string; limit?: BodyLimit };

export interface Answer {
  status: number;
  /** JSON; absent for an empty body. */
  body?: unknown;
  /** Sent as it is, in place of `body`; its type stands in `headers`. */
  text?: string;
  headers?: Readonly<Record<string, string>>;
}

export interface EndpointRequest<Params, Query, Body> {
  context: Context;
  params: Params;
  query: Query;
  body: Body;
  /** Raw query members, for the one route whose query is the caller's own. */
  search: URLSearchParams;
  header(name: string): string | undefined;
  request: Request;
  access: Access;
}

export interface AnswerSpec {
  description: string;
  schema?: z.ZodType;
  /** The same comes as YAML to who asks for it. */
  alsoYaml?: boolean;
  /** Other forms that are no JSON, by media type, and what each is. */
  texts?: Readonly<Record<string, string>>;
  example?: unknown;
  headers?: Readonly<Record<string, string>>;
}

interface EndpointBase {
  method: Method;
  /** As OpenAPI writes it: `/workflows/{slug}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  answers: Readonly<Record<number, AnswerSpec>>;
}

/** One route: what it takes, what it answers, and what it does. */
export interface EndpointSpec<Params, Query, Body> extends EndpointBase {
  scope: Scope;
  params?: z.ZodType<Params>;
  /** Absent: no query member is accepted. `"any"`: the caller's own. */
  query?: z.ZodType<Query> | "any";
  body?: BodySpec<Body>;
  /** Refusals beside those that every route can answer. */
  refusals?: readonly ErrorCode[];
  requestHeaders?: z.ZodObject;
  /** Also takes a stream token as `?token=`, from where no header can be sent. */
  byToken?: true;
  /** A Response is sent as it is: a stream. */
  handle(request: EndpointRequest<Params, Query, Body>): Promise<Answer | Failure | Response>;
}

/** A route that needs no key. */
export interface OpenEndpoint extends EndpointBase {
  open: true;
  /** Not in the OpenAPI document. */
  hidden?: boolean;
  /** For the OpenAPI document; the route parses both itself. */
  params?: z.ZodObject;
  body?: { kind: "json"; schema: z.ZodType; optional?: boolean };
  handle(request: { ports: Ports; request: Request; openApi(): object }): Promise<Response | Answer | Failure>;
}

/** A route whose types have been checked where it was written. */
export type Endpoint = EndpointSpec<never, never, never> | OpenEndpoint;

/** Checks a route's handler against its own schemas, then forgets them: the router gives each what its schemas parsed. */
export function endpoint<Params = undefined, Query = undefined, Body = undefined>(
  spec: EndpointSpec<Params, Query, Body>,
): Endpoint {
  return spec as unknown as Endpoint;
}

/** Likewise for a route whose body is a document. */
export function documentEndpoint<Params = undefined, Query = undefined>(
  spec: EndpointSpec<Params, Query, DocumentBody>,
): Endpoint {
  return spec as unknown as Endpoint;
}
