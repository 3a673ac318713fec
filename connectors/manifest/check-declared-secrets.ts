import type { ReadContext } from "../../engine/definition/read-context.ts";
import type { Json } from "../../engine/json.ts";
import { nearestName } from "../../engine/source/nearest-name.ts";
import { pointerTo, type SourceNode } from "../../engine/source/tree.ts";
import { partsOf, referencesOf } from "../handlers/http/render.ts";
import type { EnvironmentDeclaration } from "./manifest.ts";

/** Members of a handler that are filled in for each call. Others are schemas, paths into answers, or text for people. */
const FILLED_IN: ReadonlySet<string> = new Set([
  "url",
  "endpointTemplate",
  "endpoint_template",
  "path",
  "server",
  "mcp",
  "server_url",
  "serverUrl",
  "method",
  "headers",
  "headersTemplate",
  "headers_template",
  "query",
  "body",
  "bodyType",
  "body_type",
  "auth",
]);

/**
 * Refuses `${secrets.NAME}` in an http or mcp handler, or where an MCP server stands, unless `runtime.environment` declares NAME: a connector is
 * given the secrets that it declares and no others (section 17). `place`: the members of the handler.
 */
export function checkDeclaredSecrets(
  environment: readonly EnvironmentDeclaration[] | undefined,
  place: { node: SourceNode; pointer: string },
  context: ReadContext,
): void {
  if (place.node.kind !== "map") return;
  const declared = environment ?? [];
  for (const { key, value } of place.node.entries)
    if (FILLED_IN.has(key)) walk(value, pointerTo(place.pointer, key), declared, context);
}

function walk(
  node: SourceNode,
  pointer: string,
  declared: readonly EnvironmentDeclaration[],
  context: ReadContext,
): void {
  if (node.kind === "map")
    for (const { key, value } of node.entries) walk(value, pointerTo(pointer, key), declared, context);
  else if (node.kind === "list")
    for (const [index, item] of node.items.entries()) walk(item, pointerTo(pointer, index), declared, context);
  else
    for (const name of secretsIn(node.value)) {
      const known = declared.find((it) => it.name === name);
      if (known !== undefined && known.secret !== false) continue;
      if (known !== undefined) {
        const message = `\${secrets.${name}} asks for a secret, but runtime.environment says that ${name} is none: write \${env.${name}}`;
        context.refuse({ node, pointer }, message);
        continue;
      }
      const suggestion = nearestName(
        name,
        declared.flatMap((it) => (it.secret === false ? [] : [it.name])),
      );
      const meant = suggestion === undefined ? "" : `, or did you mean "${suggestion}"?`;
      const message = `\${secrets.${name}} is not declared: a connector is given the secrets that it declares. Add {name: ${name}, secret: true} to runtime.environment${meant}`;
      context.refuse({ node, pointer }, message, suggestion);
    }
}

function secretsIn(text: Json): string[] {
  return referencesOf(text)
    .map(partsOf)
    .flatMap(({ root, path: [name] }) => (root === "secrets" && name !== undefined ? [name] : []));
}
