import { ipv4Bytes, ipv6Bytes, isPublicAddress } from "./ip-ranges.ts";
import { readCapped } from "./read-capped.ts";

/** `unresolved`: it stands for nothing. `refused`: for something that is not public. `unasked`: the resolver did not say. */
export type NameVerdict =
  | { kind: "public"; addresses: number[][] }
  | { kind: "unresolved" | "refused" | "unasked"; reason: string };

/** What a name stands for, asked before anything is sent to it. */
export type NameCheck = (name: string, signal: AbortSignal | undefined) => Promise<NameVerdict>;

/** What is known of names; one for all calls of a Worker. */
export interface NameMemory {
  known: Map<string, { verdict: NameVerdict; untilMs: number }>;
}

export interface NameCheckOptions {
  /** Address of a DNS-over-HTTPS resolver that speaks `application/dns-json`. */
  resolver: string;
  fetch: typeof fetch;
  now(): number;
  memory: NameMemory;
}

const MOST_NAMES = 1_000;
const LONGEST_KEPT_MS = 60_000;
/** Answers that live shorter are how rebinding works: they are asked for twice, and not kept. */
const SHORT_TTL_S = 5;
/** A name that once stood for something inside stays refused this long, whatever it says next. */
const REFUSED_FOR_MS = 300_000;
const TIMEOUT_MS = 5_000;
const MOST_ANSWER_BYTES = 65_536;
const TYPES = [
  { name: "A", code: 1, bytes: ipv4Bytes },
  { name: "AAAA", code: 28, bytes: ipv6Bytes },
] as const;
const NO_SUCH_NAME = 3;

/**
 * Resolves names by DNS over HTTPS and lets those pass whose addresses are public, all of them (threat T2). The runtime resolves
 * again when it connects, and a Worker cannot hand it the address: so an answer that may change at once is asked for twice, and a
 * name that ever stood for something inside is refused for minutes.
 */
export function nameCheck({ resolver, fetch: send, now, memory }: NameCheckOptions): NameCheck {
  const ask = async (name: string, signal: AbortSignal | undefined) => {
    const own = AbortSignal.timeout(TIMEOUT_MS);
    const limit = signal === undefined ? own : AbortSignal.any([signal, own]);
    return combined(await Promise.all(TYPES.map((type) => query(resolver, name, type, send, limit))));
  };
  return async (name, signal) => {
    const kept = memory.known.get(name);
    if (kept !== undefined && kept.untilMs > now()) return kept.verdict;
    memory.known.delete(name);
    let answer = await ask(name, signal).catch(notAsked);
    if (answer.verdict.kind === "public" && answer.ttlS < SHORT_TTL_S) {
      const again = await ask(name, signal).catch(notAsked);
      answer = { verdict: again.verdict, ttlS: 0 };
    }
    const keptMs = answer.verdict.kind === "refused" ? REFUSED_FOR_MS : Math.min(answer.ttlS * 1_000, LONGEST_KEPT_MS);
    if (keptMs > 0) {
      if (memory.known.size >= MOST_NAMES) forgetOne(memory);
      memory.known.set(name, { verdict: answer.verdict, untilMs: now() + keptMs });
    }
    return answer.verdict;
  };
}

/** The eldest that is not refused, else the eldest: nobody washes a refusal out with a thousand names of his own. */
function forgetOne({ known }: NameMemory): void {
  for (const [name, { verdict }] of known) {
    if (verdict.kind === "refused") continue;
    known.delete(name);
    return;
  }
  for (const name of known.keys()) {
    known.delete(name);
    return;
  }
}

interface Answer {
  verdict: NameVerdict;
  ttlS: number;
}

function notAsked(): Answer {
  return { verdict: { kind: "unasked", reason: "the deployment's resolver did not answer" }, ttlS: 0 };
}

/** What one question of one type gave: null where there is no such name. */
type Records = { addresses: number[][]; ttlS: number; unreadable: boolean } | null;

function combined(answers: Records[]): Answer {
  const found = answers.filter((answer) => answer !== null);
  const addresses = found.flatMap((answer) => answer.addresses);
  if (found.some(({ unreadable }) => unreadable) || addresses.some((address) => !isPublicAddress(address)))
    return { verdict: { kind: "refused", reason: "the name stands for an address that is not public" }, ttlS: 0 };
  if (addresses.length === 0) return { verdict: { kind: "unresolved", reason: "its name does not resolve" }, ttlS: 0 };
  const ttlS = Math.min(...found.filter((answer) => answer.addresses.length > 0).map((answer) => answer.ttlS));
  return { verdict: { kind: "public", addresses }, ttlS };
}

/** One question by RFC 8484's JSON sibling, as Cloudflare and Google answer it. Throws where there is no answer to trust. */
async function query(
  resolver: string,
  name: string,
  type: (typeof TYPES)[number],
  send: typeof fetch,
  signal: AbortSignal,
): Promise<Records> {
  const url = new URL(resolver);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type.name);
  const headers = { accept: "application/dns-json" };
  const response = await send(url.href, { headers, redirect: "manual", signal });
  if (response.status !== 200) throw new Error(`the resolver answered ${response.status}`);
  const read = await readCapped(response, MOST_ANSWER_BYTES);
  if (!read.ok) throw new Error("the resolver's answer is too large");
  const body: unknown = JSON.parse(new TextDecoder().decode(read.bytes));
  const status = memberOf(body, "Status");
  if (status === NO_SUCH_NAME) return null;
  if (status !== 0) throw new Error(`the resolver answered with status ${String(status)}`);
  const rows = memberOf(body, "Answer") ?? [];
  if (!Array.isArray(rows)) throw new Error("the resolver's answer has no list");
  const records = rows.filter((row) => memberOf(row, "type") === type.code);
  const addresses = records.map((row) => type.bytes(String(memberOf(row, "data"))));
  const ttls = rows.map((row) => Number(memberOf(row, "TTL"))).map((ttl) => (Number.isFinite(ttl) ? ttl : 0));
  return {
    addresses: addresses.filter((bytes) => bytes !== undefined),
    ttlS: Math.max(0, Math.min(...ttls)),
    unreadable: addresses.includes(undefined),
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
