import { asc, gt } from "drizzle-orm";
import { tenants } from "../../database/tables.ts";
import type { Ports } from "../context.ts";

const PAGE = 200;

/** All tenants, or those after one. */
export async function* tenantIds(ports: Ports, from = ""): AsyncGenerator<string> {
  let after = from;
  for (;;) {
    const page = await ports.database
      .select({ id: tenants.id })
      .from(tenants)
      .where(gt(tenants.id, after))
      .orderBy(asc(tenants.id))
      .limit(PAGE);
    for (const { id } of page) yield id;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}
