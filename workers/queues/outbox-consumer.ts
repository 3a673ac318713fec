import type { OutboxHint } from "../../contracts/outbox-hint.ts";
import { ownerOfObject } from "../../contracts/placement.ts";
import type { Ports } from "../services/context.ts";
import { projectCell } from "../services/executions/project.ts";
import { finishPurges } from "../services/executions/purge.ts";
import { exportTelemetry } from "../services/telemetry/export-telemetry.ts";
import { writeNotices } from "../services/webhooks/write-notices.ts";

function nameOf(hint: OutboxHint): string {
  return "cell" in hint ? `cell ${hint.cell}` : `feed ${hint.feed}`;
}

/** Answers how many traces are now to be sent. */
async function drain(ports: Ports, hint: OutboxHint): Promise<number> {
  if ("cell" in hint) {
    const { traces, purges } = await projectCell(ports, hint.cell);
    if (purges) await finishPurges(ports, ownerOfObject(hint.cell), hint.cell);
    return traces;
  }
  await writeNotices(ports, hint.feed);
  return 0;
}

/** Hints say which objects have news. One that fails is hinted at again; a cell that is never hinted at, the sweeper finds. */
export async function consumeOutbox(
  batch: MessageBatch<OutboxHint>,
  ports: Ports,
  background: (task: Promise<unknown>) => void,
): Promise<void> {
  const hints = new Map(batch.messages.map(({ body }) => [nameOf(body), body]));
  const failed = new Set<string>();
  let traces = 0;
  await Promise.all(
    [...hints].map(async ([name, hint]) => {
      try {
        traces += await drain(ports, hint);
      } catch (error) {
        failed.add(name);
        console.error(JSON.stringify({ level: "warn", message: "outbox not drained", ...hint, error: String(error) }));
      }
    }),
  );
  if (traces > 0) background(exportTelemetry(ports));
  for (const message of batch.messages) {
    if (failed.has(nameOf(message.body))) message.retry({ delaySeconds: 5 });
    else message.ack();
  }
}
