import { isObject, type Json } from "../../engine/json.ts";
import { matchesHost } from "../code/code-secrets.ts";
import { namesFilledIn } from "../handlers/http/render-url.ts";
import type { ConnectorManifest } from "./manifest.ts";
import { neededContext } from "./needed-context.ts";
import { neededReach, type Reach } from "./needed-reach.ts";
import { schemaDefaults } from "./schema-defaults.ts";

/** What a version takes, or where it carries that, and another one did not. */
export interface AddedReach {
  secrets: string[];
  hosts: string[];
  /** `inputs`, `environment`, and of each step whose result is new to it `results of <id>`. */
  context: string[];
}

/**
 * What whoever let `shown` in was not shown of `wanted`. Without `shown` that is all of it. Hosts count whatever the version declares to take: a
 * connection that there is goes with each of its calls, and so does the input.
 */
export function addedReach(shown: ConnectorManifest | undefined, wanted: ConnectorManifest): AddedReach {
  const agreed: Pick<Reach, "secrets" | "hosts"> =
    shown === undefined ? { secrets: [], hosts: [] } : neededReach(shown);
  const { secrets, hosts } = neededReach(wanted);
  const known = shown === undefined ? [] : wordsOf(neededContext(shown));
  // A host that is filled in is also where its defaults lead.
  const leadsOn = (host: string) => {
    const before = shown === undefined ? [] : defaultsOf(shown, host);
    return defaultsOf(wanted, host).some((it) => !before.includes(it));
  };
  return {
    secrets: secrets.filter((name) => !agreed.secrets.includes(name)),
    hosts: hosts.filter((host) => !agreed.hosts.some((it) => covers(it, host)) || leadsOn(host)),
    context: wordsOf(neededContext(wanted)).filter((word) => !known.includes(word)),
  };
}

function covers(agreed: string, host: string): boolean {
  if (agreed === host) return true;
  return agreed.startsWith("*.") && /^[a-z0-9.-]+$/i.test(host) && matchesHost(host.toLowerCase(), agreed);
}

function wordsOf(context: readonly Json[]): string[] {
  return context.flatMap((need) => {
    if (typeof need === "string") return [need];
    return isObject(need) && Array.isArray(need.previous_steps)
      ? need.previous_steps.map((id) => `results of ${String(id)}`)
      : [];
  });
}

/** What the names that a host is filled in by have as defaults, in the environment and in an action's input. */
function defaultsOf({ runtime, actions }: ConnectorManifest, host: string): string[] {
  const names = namesFilledIn(host);
  if (names.length === 0) return [];
  const ofEnvironment = (runtime?.environment ?? []).filter(
    (it) => it.default !== undefined && names.includes(it.name),
  );
  return [
    ...ofEnvironment.map((it) => JSON.stringify([it.name, it.default])),
    ...actions.flatMap(({ input }) => schemaDefaults(input ?? null, names)),
  ];
}
