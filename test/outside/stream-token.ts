import type { Client } from "./client.ts";
import { flaky } from "./flaky-connector.ts";
import { type JsonMap, readText } from "./json.ts";

/** Every type of section 12: an EventSource hears only what it was told to listen to. */
export const EVENT_TYPES = [
  ...["started", "paused", "resumed", "completed", "failed", "canceled", "timed_out"].map((type) => `workflow.${type}`),
  ...["waiting", "retried", "migrated"].map((type) => `workflow.${type}`),
  ...["queued", "started", "progress", "retrying", "completed", "failed", "skipped"].map((type) => `step.${type}`),
  ...["waiting", "canceled", "compensating", "compensated"].map((type) => `step.${type}`),
  ...["log", "signal.received", "message.accepted", "message.dropped", "approval.decided"],
];

/** A run with events all the time: so many steps, one after the other. */
export function ticking(count = 40, after = 40): JsonMap {
  const tick = flaky("tick", "call", { key: "tick", after }, { for_each: `{{ range(${count}) }}` });
  return { name: "Outside ticking", steps: [tick] };
}

export async function streamToken(
  api: Client,
  body: JsonMap,
): Promise<{ token: string; url: string; expires_at: string }> {
  const answer = await api.post("/streams/tokens", body);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return {
    token: readText(answer.body, "token"),
    url: readText(answer.body, "url"),
    expires_at: readText(answer.body, "expires_at"),
  };
}
