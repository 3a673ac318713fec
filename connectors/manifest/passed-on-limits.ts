import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { amountInBytes } from "./amount-in-bytes.ts";
import { coresOf } from "./cores-of.ts";
import type { RuntimeDeclaration } from "./manifest.ts";

/** Section 15: what holds where nothing is said, and the most that may be said. */
const BOUNDS = {
  cpu: { usual: "0.5", most: "4", measure: coresOf },
  memory: { usual: "512MB", most: "4GB", measure: amountInBytes },
  bandwidth: { usual: "10MB/s", most: "100MB/s", measure: amountInBytes },
} as const;

/**
 * The limits of section 15 that only whoever runs a service can keep, in the words of `runtime.resources`: they go into the `context` of
 * its calls. Time and calls at once are not among them, which the platform bounds.
 */
export function passedOnLimits(runtime: RuntimeDeclaration | undefined): JsonObject {
  const { cpu, memory, storage, network, limits } = runtime?.resources ?? {};
  return {
    cpu: bounded("cpu", cpu),
    memory: bounded("memory", memory ?? runtime?.memory),
    storage: withBandwidth(storage),
    network: withBandwidth(network),
    ...(isObject(limits) ? { limits } : {}),
  };
}

function withBandwidth(written: Json | undefined): JsonObject {
  const members = isObject(written) ? written : {};
  return { ...members, bandwidth: bounded("bandwidth", members.bandwidth) };
}

/** As it was written; the usual where nothing readable was, the most where it was more. */
function bounded(limit: keyof typeof BOUNDS, written: Json | undefined): string {
  const { usual, most, measure } = BOUNDS[limit];
  const amount = measure(written);
  if (amount === undefined || amount <= 0) return usual;
  return amount > (measure(most) ?? 0) ? most : String(written);
}
