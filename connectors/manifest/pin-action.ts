import type { PinnedAction } from "../../engine/connector.ts";
import type { PartialRetry } from "../../engine/definition/types.ts";
import { codeCallLimits } from "../code/call-limits.ts";
import { modulesDigest } from "../code/modules-digest.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { pointerTo } from "../../engine/source/tree.ts";
import { trustedName } from "../functions/trusted-names.ts";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import type { ActionManifest, ConnectorManifest, Handler } from "./manifest.ts";
import { narrowedContext } from "./narrowed-context.ts";
import { passedOnLimits } from "./passed-on-limits.ts";
import { pinnedApproval } from "./pinned-approval.ts";

/** Methods whose repetition does no harm (section 20, "Idempotency of actions"). */
const SAFE_TO_REPEAT = ["GET", "HEAD", "PUT", "DELETE"];

/**
 * One action of a manifest as a plan pins it: retry and time limit merged, the plugin that runs it decided. Undefined
 * when the connector has no such action.
 */
export function pinAction(manifest: ConnectorManifest, actionName: string): PinnedAction | undefined {
  const action = manifest.actions.find(({ name }) => name === actionName);
  if (action === undefined) return undefined;
  const timeoutMs = timeoutOf(manifest, action);
  const retry = retryOf(manifest, action);
  const context = narrowedContext(manifest.context, action.context);
  const secretMembers = secretMembersOf(action.input);
  const cacheTtl = cacheOf(action);
  const approval = pinnedApproval(action.approval ?? manifest.approval);
  const idempotentWith = action.idempotent === undefined ? methodOfInput(action) : undefined;
  return {
    namespace: manifest.namespace,
    connector: manifest.name,
    version: manifest.version,
    action: action.name,
    plugin: pluginOf(manifest, action.handler),
    idempotent: action.idempotent ?? isIdempotent(manifest, action.handler),
    ...(idempotentWith === undefined ? {} : { idempotentWith }),
    handler: plain({
      ...action.handler,
      ...(manifest.baseUrl === undefined ? {} : { baseUrl: manifest.baseUrl }),
      ...(manifest.runtime?.environment ? { environment: manifest.runtime.environment } : {}),
      ...(manifest.runtime?.resources?.concurrent === undefined
        ? {}
        : { concurrent: manifest.runtime.resources.concurrent }),
      ...(action.handler.kind === "code"
        ? { digest: digestOfModules(manifest), limits: codeCallLimits(manifest.runtime?.resources) }
        : {}),
      ...(toldOfLimits(action.handler) ? { resources: passedOnLimits(manifest.runtime) } : {}),
    }),
    ...(action.input === undefined ? {} : { input: action.input }),
    ...(action.output === undefined ? {} : { output: action.output }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retry === undefined ? {} : { retry }),
    ...(manifest.auth === undefined ? {} : { auth: plain(manifest.auth) }),
    ...(secretMembers.length === 0 ? {} : { secretMembers }),
    ...(context === undefined ? {} : { context }),
    ...(cacheTtl === undefined ? {} : { cache: cacheTtl }),
    ...(approval === undefined ? {} : { approval }),
  };
}

/** What is called there gets a context, and so the limits that nobody else can keep (section 15). */
function toldOfLimits(handler: Handler): boolean {
  return handler.kind === "mcp" || (handler.kind === "http" && handler.style === "service");
}

const digests = new WeakMap<ConnectorManifest, string>();

function digestOfModules(manifest: ConnectorManifest): string {
  const known = digests.get(manifest);
  if (known !== undefined) return known;
  const digest = modulesDigest(manifest.modules ?? {});
  digests.set(manifest, digest);
  return digest;
}

/** The least of action, handler and runtime: each bounds the attempt (section 3). */
function timeoutOf(manifest: ConnectorManifest, action: ActionManifest): number | undefined {
  const handler = "timeoutMs" in action.handler ? action.handler.timeoutMs : undefined;
  const limits = [action.timeoutMs, handler, manifest.timeoutMs, manifest.runtime?.timeoutMs].filter(
    (limit) => limit !== undefined,
  );
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** Member by member, action before handler before connector. */
function retryOf(manifest: ConnectorManifest, action: ActionManifest): PartialRetry | undefined {
  const handler = action.handler.kind === "http" ? action.handler.retry : undefined;
  const layers = [manifest.retry, handler, action.retry].filter((layer) => layer !== undefined);
  return layers.length === 0 ? undefined : Object.assign({}, ...layers);
}

function pluginOf(manifest: ConnectorManifest, handler: Handler): PinnedAction["plugin"] {
  switch (handler.kind) {
    case "http":
    case "mcp":
      return "http";
    case "function":
      if (!isFirstPartyCode(manifest, handler.function)) return "none";
      return trustedName(handler.function) === undefined ? "toolbox" : "http";
    case "code":
      return "code";
    case "command":
    case "kafka":
      return "none";
    default:
      return handler satisfies never;
  }
}

/** A function of a connector that the platform itself provides, in the version it provides. */
function isFirstPartyCode(manifest: ConnectorManifest, name: string): boolean {
  return FIRST_PARTY.some(
    (own) =>
      own.namespace === manifest.namespace &&
      own.name === manifest.name &&
      own.actions.some(({ handler }) => handler.kind === "function" && handler.function === name),
  );
}

/** Services receive the idempotency key; first-party functions are pure. */
function isIdempotent(manifest: ConnectorManifest, handler: Handler): boolean {
  if (handler.kind === "http") return handler.style === "service" || SAFE_TO_REPEAT.includes(handler.method);
  return handler.kind === "function" && isFirstPartyCode(manifest, handler.function);
}

/** Where an input member is the method: repeating does no harm with some of them. */
function methodOfInput({ handler, input }: ActionManifest): PinnedAction["idempotentWith"] {
  if (handler.kind !== "http" || handler.style === "service") return undefined;
  const [, member] = /^\$\{input\.(\w+)\}$/.exec(handler.method) ?? [];
  if (member === undefined) return undefined;
  const schema = isObject(input?.properties) ? input.properties[member] : undefined;
  const fallback = isObject(schema) ? schema.default : undefined;
  return { member, methods: SAFE_TO_REPEAT, otherwise: SAFE_TO_REPEAT.some((method) => method === fallback) };
}

/** Versions that earlier releases published may have a `key`, which nothing reads. */
function cacheOf({ cache }: ActionManifest): PinnedAction["cache"] {
  if (cache === undefined) return undefined;
  return typeof cache.ttlMs === "number" ? { ttlMs: cache.ttlMs } : {};
}

/** Members of the input whose schema says `x-secret: true`: JSON pointers with `*` for any member or item. */
function secretMembersOf(schema: Json | undefined, pointer = "", depth = 0): string[] {
  if (!isObject(schema) || depth > 32) return [];
  if (schema["x-secret"] === true) return [pointer];
  const found: string[] = [];
  for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    found.push(...secretMembersOf(inner, pointerTo(pointer, name), depth + 1));
  }
  found.push(...secretMembersOf(schema.items, `${pointer}/*`, depth + 1));
  found.push(...secretMembersOf(schema.additionalProperties, `${pointer}/*`, depth + 1));
  return [...new Set(found)];
}

/** A manifest's typed part as plain JSON: manifests hold nothing else, and members that are undefined are dropped. */
function plain(part: object): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(part));
  return isObject(value) ? value : {};
}
