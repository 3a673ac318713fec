import { eq, ne } from "drizzle-orm";
import type { Owner } from "../../../contracts/placement.ts";
import { triggers, workflows } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTriggers } from "../object-calls.ts";
import { installTriggers } from "./install.ts";
import { syncTriggers } from "./sync.ts";
import type { TriggerRow } from "./trigger-row.ts";

/** Seen to in one sweep; the next takes the rest. */
const AT_ONCE = 500;

/** Repairs what a crash left between the records and the objects, and wakes the objects: one alarm may have been lost. */
export async function sweepTriggers(ports: Ports): Promise<{ repaired: number; failed: number }> {
  const found = { repaired: 0, failed: 0 };
  const attempt = async (owner: Owner, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      found.failed += 1;
      const { tenantId: tenant, environment } = owner;
      console.error(
        JSON.stringify({
          level: "warn",
          message: "triggers were not swept",
          tenant,
          environment,
          error: String(error),
        }),
      );
    }
  };
  const behind = await ports.database
    .select({ tenantId: workflows.tenantId, environment: workflows.environment, slug: workflows.slug })
    .from(workflows)
    .where(ne(workflows.triggersWanted, workflows.triggersInstalled))
    .limit(AT_ONCE);
  for (const row of behind) await attempt(ownerOf(row), () => installTriggers(ports, ownerOf(row), row.slug));
  const dirty = await ports.database.select().from(triggers).where(eq(triggers.dirty, true)).limit(AT_ONCE);
  for (const rows of byOwner(dirty).values()) {
    const [first] = rows;
    if (first) await attempt(ownerOf(first), async () => (await syncTriggers(ports, ownerOf(first), rows))());
  }
  found.repaired = behind.length + dirty.length;
  const owners = await ports.database
    .selectDistinct({ tenantId: triggers.tenantId, environment: triggers.environment })
    .from(triggers);
  for (const row of owners) await attempt(ownerOf(row), () => onTriggers(ports, ownerOf(row), (it) => it.wake()));
  return found;
}

function ownerOf({ tenantId, environment }: { tenantId: string; environment: string }): Owner {
  return { tenantId, environment: environment === "live" ? "live" : "test" };
}

function byOwner(rows: readonly TriggerRow[]): Map<string, TriggerRow[]> {
  const groups = new Map<string, TriggerRow[]>();
  for (const row of rows) {
    const key = `${row.tenantId}/${row.environment}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}
