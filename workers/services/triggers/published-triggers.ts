import { and, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Owner } from "../../../contracts/placement.ts";
import type { TriggerActor } from "../../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import { triggers } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { publishedTriggerId } from "./trigger-id.ts";

/** A trigger of a workflow file, by its lasting id. */
export interface WantedTrigger {
  id: string;
  name: string;
  config: JsonObject;
}

/** The triggers of a file, each under the id that it had in the versions before. */
export function wantedTriggers(owner: Owner, slug: string, written: readonly JsonObject[]): WantedTrigger[] {
  const counts = new Map<string, number>();
  const found = new Map<string, WantedTrigger>();
  for (const config of written) {
    const type = String(config.type);
    const number = (counts.get(type) ?? 0) + 1;
    counts.set(type, number);
    const named = config.id ?? config.name;
    const key = named === undefined || named === null ? `${type}-${number}` : `=${String(named)}`;
    const id = publishedTriggerId(owner, slug, key);
    const name = String(config.name ?? config.id ?? `${type}-${number}`);
    // Two of one name are two: the later ones are told apart by their number.
    const unique = found.has(id) ? publishedTriggerId(owner, slug, `${key}#${type}-${number}`) : id;
    found.set(unique, { id: unique, name, config });
  }
  return [...found.values()];
}

/** What the row of a trigger says of its file. One whose path another has got meanwhile is switched off. */
export function publishedColumns({ name, config }: WantedTrigger, actor: TriggerActor, taken: ReadonlySet<string>) {
  const spec = triggerSpec(config);
  const path = spec.type === "webhook" ? spec.path : null;
  const free = path === null || !taken.has(path);
  return {
    name,
    config: JSON.stringify(config),
    hookPath: free ? path : null,
    type: spec.type,
    enabled: free && config.enabled !== false,
    actor: JSON.stringify(actor),
    deleted: false,
  };
}

/** Puts a trigger of a file in force. */
export function putPublished(
  { database, now }: Ports,
  owner: Owner,
  slug: string,
  id: string,
  columns: ReturnType<typeof publishedColumns>,
): BatchItem<"pg"> {
  const at = new Date(now());
  const { tenantId, environment } = owner;
  const own = { id, tenantId, environment, workflowSlug: slug, origin: "workflow" };
  const changed = { ...columns, dirty: true, updatedAt: at };
  return database
    .insert(triggers)
    .values({ ...own, ...changed, paused: false, revision: now(), createdAt: at })
    .onConflictDoUpdate({
      target: triggers.id,
      // One that was gone begins anew: it is not paused any more.
      set: { ...changed, paused: sql`${triggers.paused} and not ${triggers.deleted}`, revision: nextRevision(now()) },
    });
}

/** Takes the paths of a file's triggers (of `ids`, or all) away from them, so that they may be given out again in any order. */
export function releasePaths(
  { database }: Ports,
  { tenantId, environment }: Owner,
  slug: string,
  ids?: readonly string[],
): BatchItem<"pg"> {
  return database
    .update(triggers)
    .set({ hookPath: null })
    .where(
      and(
        eq(triggers.tenantId, tenantId),
        eq(triggers.environment, environment),
        eq(triggers.workflowSlug, slug),
        eq(triggers.origin, "workflow"),
        isNotNull(triggers.hookPath),
        ids && inArray(triggers.id, [...ids]),
      ),
    );
}

/** Greater than every one before, also than those of rows that are gone. */
export function nextRevision(now: number) {
  return sql`greatest(${triggers.revision} + 1, ${now}::bigint)`;
}
