import type { UrlValidation } from "../manifest/manifest.ts";
import type { NameCheck } from "./name-check.ts";
import { inBlock, ipv4Bytes, ipv6Bytes, isPublicAddress } from "./ip-ranges.ts";

/**
 * Host names of development → local services: `weather-service:8000` or `weather-service` → `127.0.0.1:49152`, or
 * `https://127.0.0.1:49152` for one that speaks TLS.
 */
export type DevelopmentHosts = Readonly<Record<string, string>>;

export interface EgressPolicy {
  /** Development only, and the only way to an address that is not public. */
  developmentHosts?: DevelopmentHosts;
  /** Narrows what the rules allow; never widens it. */
  urlValidation?: UrlValidation;
  /** Our own host names: a platform does not call itself. */
  ownHosts?: readonly string[];
  /** Asked by `mayDial` before anything is sent to a name; only where the deployment has a resolver. */
  names?: NameCheck;
}

/**
 * `url` is what the request is for; `dial` is where it goes, which differs only in development. `name`: the host that the runtime
 * will have to resolve (`mayDial` asks what it stands for); absent for an address. `written`: both as texts, since a URL writes itself anew
 * each time that it is asked.
 */
export type EgressVerdict =
  | { ok: true; url: URL; dial: URL; name?: string; written: { url: string; dial: string } }
  | { ok: false; reason: string };

const PORTS: readonly number[] = [80, 443, 8080, 8443];

/** Suffixes that never name something public, or that resolve to whatever address they are asked for. */
const REFUSED_SUFFIXES: ReadonlySet<string> = new Set([
  "local",
  "localhost",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "localdomain",
  "arpa",
  "svc",
  "cluster",
  "onion",
  "alt",
  "test",
  "invalid",
  "example",
  "nip.io",
  "sslip.io",
  "xip.io",
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "lacolhost.com",
  "1u.ms",
  "rbndr.us",
]);

const DEFAULT_PORT: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Whether an outgoing request may go to this URL (threats T1 and T3). Every request and every redirect passes here; only
 * the parsed form is used afterwards. What a name stands for is not seen here: see `mayDial`.
 */
export function egress(address: string, policy: EgressPolicy = {}): EgressVerdict {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return refused("it is not an absolute URL");
  }
  const usual = DEFAULT_PORT[url.protocol];
  const port = url.port === "" ? usual : Number(url.port);
  if (usual === undefined || port === undefined) return refused("only http and https are allowed");
  if (url.username !== "" || url.password !== "") return refused("a URL must not hold a user name or password");
  const host = url.hostname.toLowerCase().replace(/\.+$/, "");
  if (host === "") return refused("it names no host");
  const literal = host.startsWith("[") ? ipv6Bytes(host.slice(1, -1)) : ipv4Bytes(host);
  const narrowed = policy.urlValidation && narrowing(url, host, port, literal, policy.urlValidation);
  if (narrowed) return refused(narrowed);
  const local = developmentTarget(host, port, policy.developmentHosts);
  if (local !== undefined) return allowed(url, moved(url, local));
  const reason = literal === undefined ? nameProblem(host, policy.ownHosts ?? []) : addressProblem(literal);
  if (reason !== undefined) return refused(reason);
  if (!PORTS.includes(port)) return refused(`port ${port} is not allowed`);
  return literal === undefined ? { ...allowed(url, url), name: host } : allowed(url, url);
}

function allowed(url: URL, dial: URL): Extract<EgressVerdict, { ok: true }> {
  return { ok: true, url, dial, written: { url: url.href, dial: dial.href } };
}

const MOST_KEPT = 500;
const kept = new WeakMap<EgressPolicy, Map<string, EgressVerdict>>();

/**
 * `egress` of a URL that stands in a manifest as it is: the same rules give the same verdict, so it is found once. Not for a URL that
 * was put together, which may hold a secret: that stays nowhere. Nobody may change what it gives.
 */
export function egressOfWritten(address: string, policy: EgressPolicy): EgressVerdict {
  let verdicts = kept.get(policy);
  if (verdicts === undefined) {
    verdicts = new Map();
    kept.set(policy, verdicts);
  }
  let verdict = verdicts.get(address);
  if (verdict === undefined) {
    if (verdicts.size >= MOST_KEPT) verdicts.clear();
    verdict = egress(address, policy);
    verdicts.set(address, verdict);
  }
  return verdict;
}

function refused(reason: string): EgressVerdict {
  return { ok: false, reason };
}

function addressProblem(address: number[]): string | undefined {
  return isPublicAddress(address) ? undefined : "the address is not public";
}

function nameProblem(host: string, ownHosts: readonly string[]): string | undefined {
  if (host.startsWith("[")) return "the address is not public";
  if (!host.includes(".")) return "a name of one label is not public";
  if (!/^[a-z0-9._-]+$/.test(host) || host.includes("..") || host.startsWith(".")) return "the host name is malformed";
  if (/^[0-9]+$/.test(host.slice(host.lastIndexOf(".") + 1))) return "the host name is malformed";
  if (isWithinOne(host, REFUSED_SUFFIXES)) return "the name is not public";
  if (ownHosts.some((own) => host === own.toLowerCase().replace(/\.+$/, "")))
    return "the platform does not call itself";
  return undefined;
}

/** Whether a host is one of these domains or stands below one. */
function isWithinOne(host: string, domains: ReadonlySet<string>): boolean {
  for (let at = 0; ; ) {
    if (domains.has(host.slice(at))) return true;
    const dot = host.indexOf(".", at);
    if (dot === -1) return false;
    at = dot + 1;
  }
}

function developmentTarget(host: string, port: number, hosts: DevelopmentHosts | undefined): string | undefined {
  if (hosts === undefined) return undefined;
  for (const name of [`${host}:${port}`, host]) if (Object.hasOwn(hosts, name)) return hosts[name];
  return undefined;
}

function moved(url: URL, target: string): URL {
  const dial = new URL(url);
  const [host, protocol] = target.startsWith("https://") ? [target.slice(8), "https:"] : [target, "http:"];
  dial.protocol = protocol;
  dial.host = host;
  return dial;
}

/** What a handler's own `urlValidation` has against a URL. */
function narrowing(
  url: URL,
  host: string,
  port: number,
  literal: number[] | undefined,
  rules: UrlValidation,
): string | undefined {
  const scheme = url.protocol.slice(0, -1);
  if (rules.requireHTTPS === true && scheme !== "https") return "the handler requires https";
  if (rules.allowedSchemes && !rules.allowedSchemes.includes(scheme)) return `the handler does not allow ${scheme}`;
  if (rules.allowedPorts && !rules.allowedPorts.includes(port)) return `the handler does not allow port ${port}`;
  if (rules.blockedPorts?.includes(port)) return `the handler blocks port ${port}`;
  if (rules.allowedDomains && !rules.allowedDomains.some((pattern) => matches(host, pattern))) {
    return "the handler does not allow this host";
  }
  if (rules.blockedDomains?.some((pattern) => matches(host, pattern))) return "the handler blocks this host";
  if (literal && rules.blockedIpRanges?.some((block) => inBlock(literal, block)))
    return "the handler blocks this address";
  return undefined;
}

/** `*.example.com` is every name below it; anything else is that name alone. */
function matches(host: string, pattern: string): boolean {
  const wanted = pattern.trim().toLowerCase().replace(/\.+$/, "");
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) : host === wanted;
}
