import type { EgressPolicy } from "./egress.ts";
import { inBlock } from "./ip-ranges.ts";

/** `refused`: the rules do not allow it. `unresolved`: nothing was sent, for nobody knows where to. */
export type DialVerdict = { ok: true } | { ok: false; kind: "refused" | "unresolved"; reason: string };

const YES: DialVerdict = { ok: true };

/**
 * Whether a URL that the rules allow as it is written may also be dialled, by what its name stands for now. `name` is the verdict's:
 * absent where there is nothing to resolve. Where the deployment has no resolver, the written name decides alone.
 */
export async function mayDial(
  { name }: { name?: string },
  policy: EgressPolicy,
  signal: AbortSignal | undefined,
): Promise<DialVerdict> {
  if (name === undefined || policy.names === undefined) return YES;
  const verdict = await policy.names(name, signal);
  switch (verdict.kind) {
    case "public": {
      const blocked = policy.urlValidation?.blockedIpRanges ?? [];
      const hit = verdict.addresses.some((address) => blocked.some((block) => inBlock(address, block)));
      return hit ? { ok: false, kind: "refused", reason: "the handler blocks this address" } : YES;
    }
    case "refused":
      return { ok: false, kind: "refused", reason: verdict.reason };
    case "unresolved":
    case "unasked":
      return { ok: false, kind: "unresolved", reason: verdict.reason };
    default:
      return verdict satisfies never;
  }
}
