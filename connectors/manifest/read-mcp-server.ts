import { type BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import type { McpServer } from "./manifest.ts";
import { readTimeout } from "./read-limits.ts";

const NAMES = ["server", "mcp"] as const;

/** `server: https://…`, or `server: {url, headers, timeout}`: the MCP server whose tools become the connector's actions. */
export function readMcpServer(block: BlockReader): McpServer | undefined {
  const member = block.member(NAMES);
  if (member === undefined) return undefined;
  if (member.node.kind === "scalar") return { url: block.text(NAMES) ?? "" };
  const inner = block.inside(member);
  if (inner === undefined) return undefined;
  const url = inner.text(["url", "server_url", "serverUrl"]);
  if (url === undefined) inner.missing("url", "in `server`");
  const headers = inner.object(["headers"]);
  const server = withoutUndefined<McpServer>({ url: url ?? "", headers, timeoutMs: readTimeout(inner) });
  inner.finish("`server`");
  return server;
}
