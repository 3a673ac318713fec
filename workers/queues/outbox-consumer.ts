import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import type { Ports } from "../services/context.ts";
import { projectCell } from "../services/executions/project.ts";
import { writeNotices } from "../services/webhooks/write-notices.ts";

function nameOf(hint: OutboxHint): string {
  return "cell" in hint ? `cell ${hint.cell}` : `feed ${hint.feed}`;
}

function drain(ports: Ports, hint: OutboxHint): Promise<unknown> {
  return "cell" in hint ? projectCell(ports, hint.cell) : writeNotices(ports, hint.feed);
}

/** Hints say which objects have news. One that fails is hinted at again; a cell that is never hinted at, the sweeper finds. */
export async function consumeOutbox(batch: MessageBatch<OutboxHint>, ports: Ports): Promise<void> {
  const hints = new Map(batch.messages.map(({ body }) => [nameOf(body), body]));
  const failed = new Set<string>();
  await Promise.all(
    [...hints].map(async ([name, hint]) => {
      try {
        await drain(ports, hint);
      } catch (error) {
        failed.add(name);
        console.error(JSON.stringify({ level: "warn", message: "outbox not drained", ...hint, error: String(error) }));
      }
    }),
  );
  for (const message of batch.messages) {
    if (failed.has(nameOf(message.body))) message.retry({ delaySeconds: 5 });
    else message.ack();
  }
}
