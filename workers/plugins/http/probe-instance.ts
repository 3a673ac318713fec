import { egress, type EgressPolicy } from "../../../connectors/egress/egress.ts";
import { mayDial } from "../../../connectors/egress/may-dial.ts";
import type { ProbeAnswer } from "../../../contracts/services-rpc.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import { readBeginning } from "./read-beginning.ts";

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 65_536;

export interface ProbeDeps {
  policy: EgressPolicy;
  fetch: typeof fetch;
  /** 5 s, where nobody says otherwise. */
  timeoutMs?: number;
}

/**
 * Asks an instance how it is (`GET /healthz`, section 8). A 2xx that says nothing more is well; a redirect is no answer. Without
 * credentials, through the egress rules.
 */
export async function probeInstance(healthUrl: string, deps: ProbeDeps): Promise<ProbeAnswer> {
  const verdict = egress(healthUrl, deps.policy);
  if (!verdict.ok) return { health: "unreachable" };
  const signal = AbortSignal.timeout(deps.timeoutMs ?? TIMEOUT_MS);
  if (!(await mayDial(verdict, deps.policy, signal)).ok) return { health: "unreachable" };
  try {
    const headers = { accept: "application/json", "user-agent": "Smartify-Health/1.0" };
    const response = await deps.fetch(verdict.dial.href, { headers, redirect: "manual", signal });
    const { text } = await readBeginning(response, MOST_BYTES);
    if (!response.ok) return { health: "unhealthy" };
    const status = statusOf(text);
    return { health: status === "degraded" || status === "unhealthy" ? status : "ok" };
  } catch {
    return { health: "unreachable" };
  }
}

function statusOf(text: string): Json | undefined {
  try {
    const body: Json = JSON.parse(text);
    return isObject(body) ? body.status : undefined;
  } catch {
    return undefined;
  }
}
