import { BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import { ReadContext } from "../../engine/definition/read-context.ts";
import { isSemanticVersion } from "../../engine/definition/semantic-version.ts";
import type { Json } from "../../engine/json.ts";
import { Locator } from "../../engine/source/locator.ts";
import { parseSource, type SourceFormat } from "../../engine/source/parse.ts";
import { treeOfJson } from "../../engine/source/parse-json.ts";
import type { Problem } from "../../engine/source/problem.ts";
import { pointerTo, type SourceTree } from "../../engine/source/tree.ts";
import {
  type ActionManifest,
  CONNECTOR_KINDS,
  type ConnectorKind,
  type ConnectorManifest,
  type Handler,
} from "./manifest.ts";
import { readAction, readContextList } from "./read-action.ts";
import { readApproval } from "./read-approval.ts";
import { readAuth } from "./read-auth.ts";
import { readModules, settleModules } from "./read-modules.ts";
import { readRetryOrFlat, readTimeout } from "./read-limits.ts";
import { readPresentation } from "./read-presentation.ts";
import { readMcpServer } from "./read-mcp-server.ts";
import { checkDeclaredSecrets } from "./check-declared-secrets.ts";
import { filledInPlaces } from "./filled-in-places.ts";
import { readRuntime } from "./read-runtime.ts";

export interface ReadConnector {
  /** Present as far as the file could be typed; use it only when there are no problems. */
  manifest?: ConnectorManifest;
  /** Everything that is wrong, at once; those of YAML carry line and column. */
  problems: Problem[];
}

export interface ReadConnectorOptions {
  /** The namespace of a file that names none. */
  namespace?: string;
}

/**
 * Reads a connector file (language document, section 7): `connector: {…}` with `actions: […]`, the older `plugin: {slug, …}`, or
 * the members of either at the top level. Unknown keys are problems that name the nearest known key.
 */
export function readConnector(text: string, format: SourceFormat, options: ReadConnectorOptions = {}): ReadConnector {
  const { tree, problems } = parseSource(text, format);
  return readTree(tree, problems, options);
}

/** As `readConnector` for a value that is already parsed: problems have no lines. */
export function readConnectorValue(value: Json, options: ReadConnectorOptions = {}): ReadConnector {
  const { tree, problems } = treeOfJson(value);
  return readTree(tree, problems, options);
}

function readTree(tree: SourceTree | undefined, problems: Problem[], options: ReadConnectorOptions): ReadConnector {
  if (tree === undefined) return { problems };
  const context = new ReadContext(new Locator(tree), problems);
  if (tree.root.kind !== "map") {
    context.refuse({ node: tree.root, pointer: "" }, "a connector file must be a map with `connector` and `actions`");
    return { problems };
  }
  const file = new BlockReader(tree.root, "", { loop: false, graph: false }, context, () => []);
  const member = file.member(["connector", "plugin"]);
  const inner = member ? file.inside(member) : undefined;
  if (member !== undefined && inner === undefined) return { problems };
  return { manifest: readManifest(file, inner ?? file, options), problems };
}

const KEPT_IN_FILE = ["$schema", "schemaVersion", "schema_version"];
const ALSO_KNOWN = [
  "capabilities",
  "changelog",
  "dependencies",
  "compatibility",
  "support",
  "signature",
  "maintainers",
  "keywords",
];

function readManifest(
  file: BlockReader,
  block: BlockReader,
  options: ReadConnectorOptions,
): ConnectorManifest | undefined {
  readType(block);
  const { name, displayName } = readNames(block);
  const auth = readAuth(block) ?? (file === block ? undefined : readAuth(file));
  const context = readContextList(block);
  const server = readMcpServer(block) ?? (file === block ? undefined : readMcpServer(file));
  const actions = readActions(file, block, server !== undefined, context);
  const modules = settleModules(actions, readModules(file, block), file.context);
  const runtime = readRuntime(block);
  for (const place of filledInPlaces(file, block)) checkDeclaredSecrets(runtime?.environment, place, file.context);
  const manifest: ConnectorManifest = {
    namespace: readNamespace(block, options) ?? "",
    name: name ?? "",
    version: readVersion(block),
    kind: block.oneOf(["kind"], CONNECTOR_KINDS) ?? (server ? "mcp-server" : kindOf(actions[0]?.handler)),
    displayName: displayName ?? name ?? "",
    description: block.text(["description"]) ?? "",
    author: block.text(["author"]),
    homepage: block.text(["homepage"]),
    repository: block.text(["repository"]),
    license: block.text(["license"]),
    ...readPresentation(block),
    categories: block.texts(["categories", "tags"]),
    runtime,
    approval: readApproval(block, "the connector"),
    security: block.object(["security"]),
    supports: block.texts(["supports"]),
    auth,
    baseUrl: block.text(["base_url", "baseUrl"]),
    retry: readRetryOrFlat(block, "the connector"),
    timeoutMs: readTimeout(block),
    context,
    metadata: block.object(["metadata"]),
    server,
    modules,
    actions,
  };
  block.accept(ALSO_KNOWN);
  file.accept(KEPT_IN_FILE);
  block.finish("the connector");
  if (file !== block) file.finish("the file");
  return withoutUndefined(manifest);
}

function readType(block: BlockReader): void {
  block.oneOf(["type"], ["connector", "plugin"]);
}

const SLUG = /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/;

/** `name` is the slug; where a file has `slug`, its `name` is what people read. */
function readNames(block: BlockReader): { name?: string; displayName?: string } {
  const slug = block.name(["slug"]);
  const written = block.name(["name"]);
  const shown = readDisplayName(block);
  const name = slug ?? written;
  const member = block.member([slug === undefined ? "name" : "slug"]);
  if (member === undefined) block.missing("name", "in a connector");
  else if (name !== undefined && !SLUG.test(name)) {
    block.context.refuse(member, "a connector's name must be lower-case letters and digits, joined by -");
  }
  return { name, displayName: shown ?? (slug === undefined ? undefined : written) };
}

/** Controls, what turns text round, and what nobody sees: with them a name is shown as another one. */
const HIDING = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const MOST_DISPLAY_NAME = 200;

function readDisplayName(block: BlockReader): string | undefined {
  const member = block.member(["displayName", "display_name"]);
  const shown = block.text(["displayName", "display_name"]);
  if (member === undefined || shown === undefined) return undefined;
  if (HIDING.test(shown)) block.context.refuse(member, "a display name must not hold characters that nobody sees");
  if (shown.length > MOST_DISPLAY_NAME)
    block.context.refuse(member, `a display name must not be longer than ${MOST_DISPLAY_NAME} characters`);
  return shown;
}

function readNamespace(block: BlockReader, options: ReadConnectorOptions): string | undefined {
  const member = block.member(["namespace"]);
  const namespace = block.name(["namespace"]);
  if (member === undefined) {
    if (options.namespace === undefined) block.missing("namespace", "in a connector");
    return options.namespace;
  }
  if (namespace !== undefined && !SLUG.test(namespace)) {
    block.context.refuse(member, "a namespace must be lower-case letters and digits, joined by -");
  }
  return namespace;
}

function readVersion(block: BlockReader): string {
  const member = block.member(["version"]);
  const version = block.word(["version"]);
  if (member === undefined) block.missing("version", "in a connector");
  else if (version !== undefined && !isSemanticVersion(version)) {
    block.context.refuse(member, `"${version.slice(0, 50)}" is not a version: write three numbers, such as 1.0.0`);
  }
  return version ?? "0.0.0";
}

/** Actions stand beside `connector:` or inside it. Names are unique. */
function readActions(
  file: BlockReader,
  block: BlockReader,
  discovered: boolean,
  ofConnector: ConnectorManifest["context"],
): ActionManifest[] {
  const member = file.member(["actions"]) ?? (file === block ? undefined : block.member(["actions"]));
  if (member === undefined) {
    if (!discovered) file.missing("actions", "in a connector");
    return [];
  }
  const actions: ActionManifest[] = [];
  const seen = new Set<string>();
  const read = file.items(member, (node, pointer) => {
    const action = readAction(node, pointer, file.context, ofConnector);
    if (action === undefined) return undefined;
    const place = pointerTo(pointer, "name");
    if (seen.has(action.name))
      file.context.report(place, file.context.locate.pointer(place), `two actions are named "${action.name}"`);
    seen.add(action.name);
    return action;
  });
  actions.push(...read);
  if (!discovered && actions.length === 0 && member.node.kind === "list" && member.node.items.length === 0) {
    file.context.refuse(member, "a connector must have at least one action");
  }
  return actions;
}

const KIND_OF_HANDLER: Readonly<Record<Handler["kind"], ConnectorKind>> = {
  http: "http",
  function: "sdk",
  command: "custom",
  kafka: "kafka",
  mcp: "mcp-server",
  code: "code",
};

function kindOf(handler: Handler | undefined): ConnectorKind {
  return handler === undefined ? "custom" : KIND_OF_HANDLER[handler.kind];
}
