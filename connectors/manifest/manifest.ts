import type { PartialRetry } from "../../engine/definition/types.ts";
import type { Json, JsonObject } from "../../engine/json.ts";

/*
 * A connector version after reading: aliases resolved, durations in milliseconds, one spelling for every auth type and
 * handler. Plain JSON: it is what gets stored, hashed and pinned (language document, section 7).
 */

export const CONNECTOR_KINDS = ["http", "mcp-server", "sdk", "code", "kafka", "lambda", "custom"] as const;
export type ConnectorKind = (typeof CONNECTOR_KINDS)[number];

/** How a connection of this connector signs in (section 9). */
export const AUTH_TYPES = ["API_KEY", "BASIC", "BEARER", "OAUTH2", "CUSTOM_HEADER", "MTLS", "CUSTOM", "NONE"] as const;
export type AuthType = (typeof AUTH_TYPES)[number];

/** What the connector says of its auth. It declares, it never holds a credential. */
export interface AuthDeclaration {
  type: AuthType;
  /** API_KEY: where the key goes. */
  in?: "header" | "query" | "cookie";
  /** API_KEY: name of the header, query member or cookie. */
  name?: string;
  /** API_KEY and BEARER: what stands before the value, such as `Bearer`. */
  prefix?: string;
  /** Everything else as it was written (`flow`, `tokenUrl`, `scopes`, …). */
  options?: JsonObject;
}

/** One name that handlers may use as `${env.NAME}` or bare `${NAME}`. */
export interface EnvironmentDeclaration {
  name: string;
  description?: string;
  required?: boolean;
  default?: Json;
}

export interface RuntimeDeclaration {
  memory?: string;
  timeoutMs?: number;
  environment?: EnvironmentDeclaration[];
  resources?: JsonObject;
}

/** Narrows the egress rules for one handler; it can never widen them (threat T1). */
export interface UrlValidation {
  allowedDomains?: string[];
  blockedDomains?: string[];
  allowedPorts?: number[];
  blockedPorts?: number[];
  allowedSchemes?: string[];
  blockedIpRanges?: string[];
  requireHTTPS?: boolean;
}

/** The http handler in both styles: `service` posts the envelope of section 8, `direct` builds a plain request. */
export interface HttpHandler {
  kind: "http";
  style: "service" | "direct";
  method: string;
  /** Absolute, or relative to the connection's base URL. May hold `${input.x}`, `{x}`, `${env.X}`, `${secrets.X}`. */
  url: string;
  headers?: Json;
  query?: Json;
  /** JSON Schema whose properties name the input members that go into the query. */
  querySchema?: JsonObject;
  pathSchema?: JsonObject;
  /** Present when a body was written, null included. */
  body?: Json;
  bodySchema?: JsonObject;
  /** json, form, multipart or text; may be a template. Absent: json, and text for a body that is text. */
  bodyType?: string;
  /** Credentials of this one request: `{type: bearer, token}` or `{type: basic, username, password}`, or a template of it. */
  auth?: Json;
  timeoutMs?: number;
  retry?: PartialRetry;
  urlValidation?: UrlValidation;
  response?: {
    /** Statuses of 4xx and 5xx that do not fail the step: a list, or a template of one. */
    status?: Json;
    /** JSONPath over the parsed body. */
    extract?: string;
  };
}

export interface FunctionHandler {
  kind: "function";
  function: string;
}

export interface CommandHandler {
  kind: "command";
  command: string;
  args?: Json[];
  env?: JsonObject;
  workingDir?: string;
  security?: JsonObject;
}

export interface KafkaHandler {
  kind: "kafka";
  topic: string;
  responseTopic?: string;
  key?: string;
  timeoutMs?: number;
}

export interface McpHandler {
  kind: "mcp";
  url: string;
  tool?: string;
  headers?: Json;
  timeoutMs?: number;
}

export interface CodeHandler {
  kind: "code";
  /** Source of an ES module, or the name of one published with the connector. */
  module: string;
  export?: string;
  hosts?: string[];
  timeoutMs?: number;
}

export type Handler = HttpHandler | FunctionHandler | CommandHandler | KafkaHandler | McpHandler | CodeHandler;
export type HandlerKind = Handler["kind"];

export interface ActionManifest {
  name: string;
  description?: string;
  /** JSON Schema of the input; absent: anything. */
  input?: JsonObject;
  /** JSON Schema of the output; absent: anything. */
  output?: JsonObject;
  /** Absent: decided by the handler (section 20, "Idempotency of actions"). */
  idempotent?: boolean;
  retry?: PartialRetry;
  timeoutMs?: number;
  cache?: JsonObject;
  context?: Json[];
  metadata?: JsonObject;
  handler: Handler;
}

export interface ConnectorManifest {
  namespace: string;
  name: string;
  version: string;
  kind: ConnectorKind;
  displayName: string;
  description: string;
  author?: string;
  homepage?: string;
  repository?: string;
  license?: string;
  icon?: string;
  categories?: string[];
  runtime?: RuntimeDeclaration;
  approval?: JsonObject;
  security?: JsonObject;
  supports?: string[];
  auth?: AuthDeclaration;
  retry?: PartialRetry;
  timeoutMs?: number;
  /** What a remote call gets besides ids (section 17). */
  context?: Json[];
  metadata?: JsonObject;
  actions: ActionManifest[];
}
