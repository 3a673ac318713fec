import { egress, type EgressPolicy } from "./egress.ts";

/** `scheme`: it is not https, and not http to this machine in development. `egress`: the rules refuse it. */
export type WebhookVerdict =
  | { ok: true; dial: URL; name?: string }
  | { ok: false; kind: "scheme" | "egress"; reason: string };

const THIS_MACHINE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a webhook may go to this URL: https by the egress rules. In development (where the policy has a table of hosts) also
 * http to this machine, by a name of that table or as a loopback address. Asked when it is set, and before every attempt.
 */
export function webhookEgress(address: string, policy: EgressPolicy): WebhookVerdict {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) return { ok: false, kind: "scheme", reason: "it is not an absolute URL" };
  if (url.protocol === "https:") {
    const verdict = egress(address, policy);
    if (verdict.ok) return verdict;
    return { ok: false, kind: "egress", reason: verdict.reason };
  }
  const local = policy.developmentHosts === undefined || url.protocol !== "http:" ? undefined : localUrl(url, policy);
  return local === undefined ? { ok: false, kind: "scheme", reason: "it must be https" } : { ok: true, dial: local };
}

function localUrl(url: URL, policy: EgressPolicy): URL | undefined {
  if (url.username !== "" || url.password !== "") return undefined;
  if (THIS_MACHINE.has(url.hostname)) return url;
  const verdict = egress(url.href, policy);
  return verdict.ok && THIS_MACHINE.has(verdict.dial.hostname) ? verdict.dial : undefined;
}
