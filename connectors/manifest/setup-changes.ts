import { isObject, type Json } from "../../engine/json.ts";
import type { Problem } from "../../engine/source/problem.ts";
import type { AuthDeclaration, ConnectorManifest } from "./manifest.ts";

/** What tenants have set up for `previous` that does for `next` no more: connections and settings. */
export function setupChanges(previous: ConnectorManifest, next: ConnectorManifest): Problem[] {
  return [...authChanges(previous.auth, next.auth), ...environmentChanges(previous, next)];
}

function authChanges(previous: AuthDeclaration | undefined, next: AuthDeclaration | undefined): Problem[] {
  const [before, now] = [previous?.type ?? "NONE", next?.type ?? "NONE"];
  // Who needs no connection any more may keep it.
  if (now === "NONE") return [];
  if (before === "NONE") return [{ path: "/auth", message: `a connection of type ${now} is needed now` }];
  if (before !== now)
    return [{ path: "/auth/type", message: `connections of type ${before} do no more: it is ${now} now` }];
  const had = scopesOf(previous?.options?.scopes);
  const lacking = scopesOf(next?.options?.scopes).filter((scope) => !had.includes(scope));
  if (lacking.length === 0) return [];
  return [{ path: "/auth/scopes", message: `connections that there are lack the scopes ${lacking.join(", ")}` }];
}

/** Scopes stand as a list, as a map to what they mean, or as one text. */
function scopesOf(scopes: Json | undefined): string[] {
  if (typeof scopes === "string") return scopes.split(/\s+/).filter((scope) => scope !== "");
  if (Array.isArray(scopes)) return scopes.map(String);
  return isObject(scopes ?? null) ? Object.keys(scopes ?? {}) : [];
}

function environmentChanges(previous: ConnectorManifest, next: ConnectorManifest): Problem[] {
  const needed = ({ runtime }: ConnectorManifest): string[] =>
    (runtime?.environment ?? []).flatMap(({ name, required, default: filled }) =>
      required === true && filled === undefined ? [name] : [],
    );
  const had = needed(previous);
  return needed(next)
    .filter((name) => !had.includes(name))
    .map((name) => ({ path: "/runtime/environment", message: `the setting "${name}" has to be made now` }));
}
