import type { JsonObject } from "../engine/json.ts";
import type { Failure } from "./errors.ts";

/*
 * Asking an MCP server for its tools: from the platform Worker, which publishes them as actions, to the http plugin Worker, which
 * alone reaches the outside and opens credentials.
 */

export interface ToolsQuestion {
  tenantId: string;
  environment: "live" | "test";
  /** `namespace/name`: whose default connection signs in, where there is one. */
  connector: string;
  /** The version that is about to be published. */
  connectorVersion: string;
  /** The mcp handler, with the environment that its templates may name. */
  handler: JsonObject;
  /** What the connector says of its auth. */
  auth?: JsonObject;
}

/** A tool, bounded: its schemas are no larger and no deeper than we take, its texts hold no control characters. */
export interface DiscoveredTool {
  tool: string;
  description?: string;
  input: JsonObject;
  output?: JsonObject;
  /** It says that it may be called twice. */
  idempotent: boolean;
}

export type ToolsAnswer =
  | { ok: true; tools: DiscoveredTool[] }
  /** It asks for credentials, and there are none that it takes. */
  | { ok: false; signIn: true; failure: Failure }
  | { ok: false; signIn: false; failure: Failure };

/** The http plugin Worker as the publishing services see it. */
export interface ToolListRpc {
  listTools(question: ToolsQuestion): Promise<ToolsAnswer>;
}

/** Tools of one server, and characters of one tool's schema. */
export const MOST_TOOLS = 200;
export const MOST_SCHEMA_CHARS = 65_536;
