import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import type { Ports } from "../services/context.ts";
import { projectCell } from "../services/executions/project.ts";

/** Hints say which cells have news. A cell that fails is hinted at again; one that is never hinted at, the sweeper finds. */
export async function consumeOutbox(batch: MessageBatch<OutboxHint>, ports: Ports): Promise<void> {
  const cells = new Set(batch.messages.map((message) => message.body.cell));
  const failed = new Set<string>();
  await Promise.all(
    [...cells].map(async (cell) => {
      try {
        await projectCell(ports, cell);
      } catch (error) {
        failed.add(cell);
        console.error(JSON.stringify({ level: "warn", message: "outbox not drained", cell, error: String(error) }));
      }
    }),
  );
  for (const message of batch.messages) {
    if (failed.has(message.body.cell)) message.retry({ delaySeconds: 5 });
    else message.ack();
  }
}
