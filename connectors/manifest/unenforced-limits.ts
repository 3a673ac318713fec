import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import type { ConnectorManifest, Handler } from "./manifest.ts";
import { passedOnLimits } from "./passed-on-limits.ts";

/** A limit that the cloud does not enforce on some actions. */
export interface UnenforcedLimit {
  /** By its name in `runtime.resources`: `cpu`, `storage.maxSize`. */
  limit: string;
  value: Json;
  /** Those that it is not enforced on; none listed: the tools of a server that were not asked for yet. */
  actions: string[];
  /** Each call tells it to the service, in `context.resources`. */
  passed_on: boolean;
  message: string;
}

type Keeper = "service" | "nobody" | "elsewhere";

/**
 * What section 15 wants said plainly: which limits the cloud does not enforce, of what was declared, and of what a service has to keep in
 * any case.
 */
export function unenforcedLimits(manifest: ConnectorManifest): UnenforcedLimit[] {
  const { actions, runtime, server } = manifest;
  const of = (keeper: Keeper, kinds: (handler: Handler) => boolean) =>
    actions.flatMap(({ name, handler }) => (keeperOf(handler) === keeper && kinds(handler) ? [name] : []));
  const passedOn = passedOnLimits(runtime);
  const all = leavesOf(passedOn);
  const declared = all.filter(([limit]) => isDeclared(manifest, limit));
  const services = of("service", () => true);
  const code = of("nobody", ({ kind }) => kind === "code");
  const direct = of("nobody", ({ kind }) => kind !== "code");
  return [
    ...(services.length > 0 || (server !== undefined && actions.length === 0)
      ? all.map(([limit, value]) => entry(limit, value, services, true))
      : []),
    // Code is bounded in its computing.
    ...declared.flatMap(([limit, value]) => {
      const names = limit === "cpu" ? direct : [...code, ...direct];
      return names.length === 0 ? [] : [entry(limit, value, names, false)];
    }),
  ];
}

/** Who could keep a limit: a service that is told of it, or nobody; `elsewhere`: the cloud does not run it. */
function keeperOf(handler: Handler): Keeper {
  switch (handler.kind) {
    case "http":
      return handler.style === "service" ? "service" : "nobody";
    case "mcp":
      return "service";
    case "code":
      return "nobody";
    case "function":
    case "command":
    case "kafka":
      return "elsewhere";
    default:
      return handler satisfies never;
  }
}

function entry(limit: string, value: Json, actions: string[], passed_on: boolean): UnenforcedLimit {
  const on = actions.length === 0 ? "on its tools" : `on ${actions.join(", ")}`;
  const then = passed_on
    ? "each call tells it to the service, in context.resources, which has to keep it"
    : "no service of yours runs there that could be told";
  return {
    limit,
    value,
    actions,
    passed_on,
    message: `${limit} (${String(value)}) is not enforced here ${on}: ${then}`,
  };
}

function leavesOf(limits: JsonObject, prefix = ""): [string, Json][] {
  return Object.entries(limits).flatMap(([name, value]): [string, Json][] =>
    isObject(value) ? leavesOf(value, `${prefix}${name}.`) : [[prefix + name, value]],
  );
}

function isDeclared({ runtime }: ConnectorManifest, limit: string): boolean {
  if (limit === "memory" && runtime?.memory !== undefined) return true;
  let place: Json | undefined = runtime?.resources;
  for (const name of limit.split(".")) place = isObject(place ?? null) ? Reflect.get(Object(place), name) : undefined;
  return place !== undefined;
}
