import { egress } from "../../../connectors/egress/egress.ts";
import type { ActionManifest, ConnectorManifest, McpHandler } from "../../../connectors/manifest/manifest.ts";
import { failure, success } from "../../../contracts/errors.ts";
import type { DiscoveredTool } from "../../../contracts/mcp-rpc.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import { qualifiedName } from "./catalog.ts";
import type { Preparation } from "./prepare-manifest.ts";

/**
 * A connector that names an MCP server and lists no actions gets the server's tools as its actions: they are stored with the
 * version, and do not change any more. A server that asks for credentials that are not there yet gives none: `POST
 * /plugins/{slug}/refresh` asks again.
 */
export const discoverTools: Preparation = async (context, manifest) => {
  const { server } = manifest;
  if (server === undefined || manifest.actions.length > 0) return success(manifest);
  const { ports, caller } = context;
  const templated = /\$\{|\{\{/.test(server.url);
  const verdict = templated || server.url.startsWith("/") ? undefined : egress(server.url, ports.egressPolicy);
  if (verdict?.ok === false) {
    const details = { reason: "egress", rule: verdict.reason, field: "server.url" };
    return failure("FORBIDDEN", `"server.url" is not allowed: ${verdict.reason}.`, details);
  }
  const answer = await ports.tools.listTools({
    tenantId: caller.tenantId,
    environment: caller.environment,
    connector: qualifiedName(manifest),
    connectorVersion: manifest.version,
    handler: plain({ kind: "mcp", ...server, environment: manifest.runtime?.environment }),
    ...(manifest.auth === undefined ? {} : { auth: plain(manifest.auth) }),
  });
  if (answer.ok) return success({ ...manifest, actions: actionsOf(answer.tools, manifest) });
  return answer.signIn ? success(manifest) : answer.failure;
};

/** An action's name begins with a letter and holds fewer characters than a tool's may. */
function actionsOf(tools: readonly DiscoveredTool[], { server }: ConnectorManifest): ActionManifest[] {
  const taken = new Set<string>();
  return tools.map(({ tool, description, input, output, idempotent }) => {
    const plainName = tool
      .replace(/[^A-Za-z0-9_.-]/g, "_")
      .replace(/^(?![A-Za-z_])/, "_")
      .slice(0, 90);
    let name = plainName;
    for (let count = 2; taken.has(name); count += 1) name = `${plainName}_${count}`;
    taken.add(name);
    const handler: McpHandler = { kind: "mcp", url: server?.url ?? "", tool };
    if (server?.headers !== undefined) handler.headers = server.headers;
    if (server?.timeoutMs !== undefined) handler.timeoutMs = server.timeoutMs;
    return {
      name,
      ...(description === undefined ? {} : { description }),
      input,
      ...(output === undefined ? {} : { output }),
      idempotent,
      handler,
    };
  });
}

/** A manifest's part as plain JSON; what is undefined is dropped. */
function plain(part: object): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(part));
  return isObject(value) ? value : {};
}
