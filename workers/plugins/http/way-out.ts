import { deploymentPolicy } from "../../../connectors/egress/deployment-policy.ts";
import type { EgressPolicy } from "../../../connectors/egress/egress.ts";
import { nameCheck, type NameMemory } from "../../../connectors/egress/name-check.ts";
import type { PolicyEnv } from "./env.ts";

/** How requests leave: what decides where they may go, and what sends them. */
export interface WayOut {
  policy: EgressPolicy;
  fetch: typeof fetch;
}

/** What names stood for, for all calls of this isolate. */
const memory: NameMemory = { known: new Map() };
const THIS_MACHINE: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** A URL that no reading takes anywhere but to a port of this machine. */
const LOCAL_URL = /^http:\/\/127\.0\.0\.1:\d{1,5}\//;

/**
 * The only way out of the plugin. Where workerd runs by itself, `PUBLIC_NETWORK` refuses addresses that are not public when it
 * connects, whatever a name resolved to. The local services of development stand beside it, behind `LOCAL_NETWORK`, which connects to
 * nothing but this machine; those that speak TLS are asked by the runtime's own way, which knows what else is trusted here.
 */
export function wayOut(env: PolicyEnv): WayOut {
  const known = ways.get(env);
  if (known !== undefined) return known;
  const made = makeWay(env);
  ways.set(env, made);
  return made;
}

/** Of each set of bindings, of which an isolate has one: read once and not for each call. */
const ways = new WeakMap<PolicyEnv, WayOut>();

function makeWay(env: PolicyEnv): WayOut {
  const { PUBLIC_NETWORK, LOCAL_NETWORK, DNS_RESOLVER_URL } = env;
  const policy = deploymentPolicy(env);
  const local = policy.developmentHosts === undefined ? undefined : LOCAL_NETWORK;
  const direct: typeof fetch = (target, init) => fetch(target, init);
  const names =
    DNS_RESOLVER_URL === undefined || DNS_RESOLVER_URL === ""
      ? undefined
      : nameCheck({ resolver: DNS_RESOLVER_URL, fetch: direct, now: Date.now, memory });
  return {
    policy: names === undefined ? policy : { ...policy, names },
    fetch(target, init) {
      if (PUBLIC_NETWORK === undefined) return direct(target, init);
      if (local !== undefined && typeof target === "string" && LOCAL_URL.test(target)) return local.fetch(target, init);
      const url = urlOf(target);
      if (isDevelopment(url, policy))
        return local !== undefined && LOCAL_URL.test(url.href) ? local.fetch(target, init) : direct(target, init);
      return isResolver(url, env) ? direct(target, init) : PUBLIC_NETWORK.fetch(target, init);
    },
  };
}

/** Only where the policy has a table of hosts do the rules let a loopback address through at all. */
function isDevelopment({ hostname }: URL, { developmentHosts }: EgressPolicy): boolean {
  return developmentHosts !== undefined && THIS_MACHINE.has(hostname);
}

/** The deployment's own, wherever it stands; isolates ask it through their plugin. */
function isResolver({ origin, pathname }: URL, { DNS_RESOLVER_URL }: PolicyEnv): boolean {
  if (DNS_RESOLVER_URL === undefined || !URL.canParse(DNS_RESOLVER_URL)) return false;
  const resolver = new URL(DNS_RESOLVER_URL);
  return origin === resolver.origin && pathname === resolver.pathname;
}

function urlOf(target: Parameters<typeof fetch>[0]): URL {
  return new URL(target instanceof Request ? target.url : String(target));
}
