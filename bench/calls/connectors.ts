import { calculator } from "../../connectors/first-party/calculator.ts";
import type { Modules } from "../../connectors/code/modules-digest.ts";
import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import { readConnectorValue } from "../../connectors/manifest/read-connector.ts";
import { digestOf } from "../../contracts/canonical-json.ts";
import type { PinnedAction } from "../../engine/connector.ts";
import type { Json } from "../../engine/json.ts";

/** What the floor of C3 and C4 runs in its isolate, and the platform in its. */
export const MODULE = "export function add({ a, b }) { return { result: a + b }; }";
/** Where the service of C2 and C5 stands: development maps the name. */
export const SUMS_HOST = "sums.bench";
export const SUMS_URL = `http://${SUMS_HOST}/add`;
const MCP = { mcp: { url: `http://${SUMS_HOST}/mcp`, tool: "add" } };

const NUMBERS = {
  type: "object",
  properties: { a: { type: "number" }, b: { type: "number" } },
  required: ["a", "b"],
  additionalProperties: false,
};
const RESULT = { type: "object", properties: { result: { type: "number" } }, required: ["result"] };
/** A direct request: the numbers are the body, the answer comes as it is. */
const HANDLER = { http: { style: "direct", method: "POST", url: SUMS_URL } };
const ANSWER = { type: "object", properties: { status: { type: "integer" }, body: RESULT }, required: ["body"] };

const CODE = published({ kind: "code", name: "sums-module" }, RESULT, { code: { module: MODULE } });

/** `add` as the platform provides it, as a request, with a key, as published code and as a tool: pinned as a plan pins it. */
export const PINS = {
  toolbox: pinned(calculator),
  http: pinned(published({ kind: "http", name: "sums" }, ANSWER, HANDLER)),
  httpWithKey: pinned(published({ kind: "http", name: "guarded-sums", auth: { type: "bearer" } }, ANSWER, HANDLER)),
  code: pinned(CODE),
  mcp: pinned(published({ kind: "mcp-server", name: "sums-tools" }, RESULT, MCP)),
} satisfies Record<string, PinnedAction>;

/** The modules of the code connector, as they were published. */
export const MODULES: Modules = CODE.modules ?? {};

/** A connector of one action, through the reader that publishing goes through. */
function published(connector: { kind: string; name: string; auth?: Json }, output: Json, handler: Json) {
  const { manifest, problems } = readConnectorValue({
    connector: { type: "connector", namespace: "acme", version: "1.0.0", ...connector },
    actions: [{ name: "add", input: NUMBERS, output, handler }],
  });
  if (manifest === undefined || problems.length > 0)
    throw new Error(`${connector.name} is refused: ${JSON.stringify(problems)}`);
  return manifest;
}

function pinned(manifest: ConnectorManifest): PinnedAction {
  const pin = pinAction(manifest, "add");
  if (pin === undefined) throw new Error(`${manifest.name} has no action`);
  return { ...pin, digest: digestOf(JSON.parse(JSON.stringify(manifest))) };
}
