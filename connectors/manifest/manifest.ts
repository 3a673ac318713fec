import type { AuthType } from "../../engine/auth-type.ts";
import type { PartialRetry } from "../../engine/definition/types.ts";
import type { Json, JsonObject } from "../../engine/json.ts";

/*
 * A connector version after reading: aliases resolved, durations in milliseconds, one spelling for every auth type and
 * handler. Plain JSON: it is what gets stored, hashed and pinned (language document, section 7).
 */

export const CONNECTOR_KINDS = ["http", "mcp-server", "sdk", "code", "kafka", "lambda", "custom"] as const;
export type ConnectorKind = (typeof CONNECTOR_KINDS)[number];

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

/** One name that handlers may use as `${secrets.NAME}`, `${env.NAME}` or bare `${NAME}`. */
export interface EnvironmentDeclaration {
  name: string;
  description?: string;
  /** true: a secret and never an env value; false: the reverse; absent: whichever of both is set. */
  secret?: boolean;
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

/** How an answer goes on. What is common: where its items stand, and how much is fetched at most. */
export type Pagination = {
  /** JSONPath to the items of a page; absent: the body itself, which must be a list. */
  items?: string;
  maxPages: number;
  maxItems: number;
  /** JSONPath to what says whether there are more: false, null, 0 and "" end it. */
  hasMore?: string;
} & (
  | {
      /** The next page's URL: JSONPath into the body; absent: the `Link` header with `rel="next"`. */
      type: "link";
      next?: string;
    }
  | {
      /** A cursor of the answer goes into the next request. */
      type: "cursor";
      /** JSONPath to the next cursor. */
      cursor: string;
      param: string;
      /** Where `param` goes. */
      in: "query" | "body";
    }
  | {
      /** `offset`: how many items to pass over. `page`: the number of the page. */
      type: "offset" | "page";
      param: string;
      in: "query" | "body";
      start: number;
      /** How many items a page has: a shorter one is the last. */
      limit?: number;
      limitParam?: string;
    }
);

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
  /** json, form, multipart, text or binary; may be a template. Absent: json, and text for a body that is text. */
  bodyType?: string;
  /** The header that carries the idempotency key: `Idempotency-Key` where nothing else is said. */
  idempotency?: { header: string };
  /** Direct style: every page is fetched in one attempt. A text is a template, `${input.x}`: the input says how, as a file would. */
  pagination?: Pagination | `\${input.${string}}`;
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
    /** How the body is read, where its content type shall not say. */
    type?: "json" | "text" | "binary" | `\${input.${string}}`;
    /** Where the body says whether it went well, for services that answer 200 to everything; and where it says what went wrong. */
    success?: { path: string; code?: string };
    /** JSONPaths to the tokens that the service counted: they are metered as `ai_tokens`. */
    usage?: { input_tokens?: string; output_tokens?: string };
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

/** Of a connector of kind mcp-server: where its tools are asked for when it is published. */
export interface McpServer {
  url: string;
  headers?: Json;
  timeoutMs?: number;
}

/** Where a code connector may put a secret, which it holds as a handle: see `docs/guide/code-connectors.md`. */
export interface CodeSecret {
  name: string;
  /** `header`, `query`, `body`, or one of them by its name: `header:authorization`. Absent: `header`. */
  positions?: string[];
  /** Absent: every host of the handler. */
  hosts?: string[];
}

export interface CodeHandler {
  kind: "code";
  /** Name of a module of the connector's `modules`: a source text in its place was given one when it was read. */
  module: string;
  /** What it exports; absent: the action's name, else what it exports by default. */
  export?: string;
  /** Where its requests may go: names, `*.name`, and `connection` for the host of the connection's base URL. */
  hosts?: string[];
  secrets?: CodeSecret[];
  timeoutMs?: number;
}

export type Handler = HttpHandler | FunctionHandler | CommandHandler | KafkaHandler | McpHandler | CodeHandler;
export type HandlerKind = Handler["kind"];

/** To whom the registry shows a version: everybody, or the tenant that published it. */
export const VISIBILITIES = ["public", "private"] as const;
export type Visibility = (typeof VISIBILITIES)[number];

/** One call of an action as its documentation shows it. */
export interface ActionExample {
  title?: string;
  input?: Json;
  output?: Json;
}

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
  cache?: { ttlMs?: number };
  /** Instead of the connector's. */
  approval?: ApprovalDeclaration;
  context?: Json[];
  metadata?: JsonObject;
  /** Calls that the registry shows with the action. */
  examples?: ActionExample[];
  handler: Handler;
}

/** Who must approve before an action is called. Installing a connector is its first use. */
export interface ApprovalDeclaration {
  required?: "never" | "first_use" | "always" | "admin_approval";
  /** Roles that may decide; none: any key but that which started the execution. */
  approvers?: string[];
  timeoutMs?: number;
  onTimeout?: "reject" | "allow" | "escalate";
  message?: string;
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
  /** An https address, or a data URI of a picture without code. */
  icon?: string;
  /** Markdown; no HTML (it is escaped), at most 65,536 characters. In files also `documentation`. */
  readme?: string;
  /** Absent: private. */
  visibility?: Visibility;
  categories?: string[];
  runtime?: RuntimeDeclaration;
  approval?: ApprovalDeclaration;
  security?: JsonObject;
  supports?: string[];
  auth?: AuthDeclaration;
  /** Where relative URLs of its handlers stand, unless a connection says otherwise. */
  baseUrl?: string;
  retry?: PartialRetry;
  timeoutMs?: number;
  /** What a remote call gets besides ids (section 17). */
  context?: Json[];
  metadata?: JsonObject;
  /** Its actions are the tools of this server, as far as the file lists none. */
  server?: McpServer;
  /** Source texts of the ES modules that its code handlers name. */
  modules?: Record<string, string>;
  actions: ActionManifest[];
}
