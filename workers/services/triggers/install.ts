import { and, eq, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Owner } from "../../../contracts/placement.ts";
import type { TriggerActor } from "../../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import { apiKeys, triggers, workflows, workflowVersions } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { latestOf, publishedSource } from "../workflows/published-versions.ts";
import { syncTriggers } from "./sync.ts";
import { triggerContext } from "./trigger-context.ts";
import { publishedTriggerId } from "./trigger-id.ts";
import type { TriggerRow } from "./trigger-row.ts";

/** Publications that may come between reading and writing before it is left to the sweeper. */
const TRIES = 5;
const NOBODY = { roles: [], permissions: [] };

interface Wanted {
  id: string;
  name: string;
  config: JsonObject;
}

interface Newest {
  triggers: readonly JsonObject[];
  actor: TriggerActor;
}

/**
 * Puts the triggers of a workflow's newest version in force and takes those of older ones away. May be repeated, by the
 * sweeper too: `triggers_installed` says whether it was done for the last publication. Before rows change it is set to a
 * number that no publication has, so that a crash of a late one among several is found.
 */
export async function installTriggers(ports: Ports, owner: Owner, slug: string): Promise<void> {
  const { database } = ports;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const own = ofSlug(owner, slug);
    const [[workflow], newest, rows] = await Promise.all([
      database.select({ wanted: workflows.triggersWanted }).from(workflows).where(own.workflow),
      newestOf(ports, owner, slug),
      database
        .select()
        .from(triggers)
        .where(and(own.triggers, eq(triggers.origin, "workflow"))),
    ]);
    const wanted = wantedOf(owner, slug, newest?.triggers ?? []);
    const writes = [
      ...wanted.flatMap((it) => put(ports, owner, slug, it, newest?.actor ?? { keyId: "", ...NOBODY }, rows)),
      ...rows
        .filter(({ id, deleted }) => !deleted && wanted.every((it) => it.id !== id))
        .map((row) => drop(ports, row)),
    ];
    if (writes.length > 0)
      await database.batch([database.update(workflows).set({ triggersInstalled: -1 }).where(own.workflow), ...writes]);
    const dirty = await database
      .select()
      .from(triggers)
      .where(and(own.triggers, eq(triggers.dirty, true)));
    if (dirty.length > 0) await (await syncTriggers(ports, owner, dirty))();
    if (workflow === undefined) return;
    const done = await database
      .update(workflows)
      .set({ triggersInstalled: workflow.wanted })
      .where(and(own.workflow, eq(workflows.triggersWanted, workflow.wanted)))
      .returning({ slug: workflows.slug });
    if (done.length > 0) return;
  }
}

function ofSlug({ tenantId, environment }: Owner, slug: string) {
  return {
    workflow: and(eq(workflows.tenantId, tenantId), eq(workflows.environment, environment), eq(workflows.slug, slug)),
    triggers: and(
      eq(triggers.tenantId, tenantId),
      eq(triggers.environment, environment),
      eq(triggers.workflowSlug, slug),
    ),
    versions: and(
      eq(workflowVersions.tenantId, tenantId),
      eq(workflowVersions.environment, environment),
      eq(workflowVersions.slug, slug),
    ),
  };
}

async function newestOf(ports: Ports, owner: Owner, slug: string): Promise<Newest | undefined> {
  const versions = await ports.database
    .select({ version: workflowVersions.version, publishedBy: workflowVersions.publishedBy })
    .from(workflowVersions)
    .where(ofSlug(owner, slug).versions);
  const newest = latestOf(versions.map(({ version }) => version));
  const row = versions.find(({ version }) => version === newest);
  if (row === undefined) return undefined;
  const context = triggerContext(ports, owner, "", NOBODY, () => undefined);
  const [source, [key]] = await Promise.all([
    publishedSource(context, slug, row.version),
    ports.database.select().from(apiKeys).where(eq(apiKeys.id, row.publishedBy)),
  ]);
  const actor = { keyId: row.publishedBy, roles: key?.roles ?? [], permissions: key?.permissions ?? [] };
  return source && { triggers: source.definition.triggers ?? [], actor };
}

function wantedOf(owner: Owner, slug: string, written: readonly JsonObject[]): Wanted[] {
  const counts = new Map<string, number>();
  const found = new Map<string, Wanted>();
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

/** Nothing where it is in force as it is. */
function put(
  ports: Ports,
  owner: Owner,
  slug: string,
  { id, name, config }: Wanted,
  actor: TriggerActor,
  rows: readonly TriggerRow[],
): BatchItem<"pg">[] {
  const spec = triggerSpec(config);
  const now = ports.now();
  const changed = {
    name,
    config: JSON.stringify(config),
    hookPath: spec.type === "webhook" ? spec.path : null,
    type: spec.type,
    enabled: config.enabled !== false,
    actor: JSON.stringify(actor),
    deleted: false,
  };
  const before = rows.find((row) => row.id === id);
  const same = before && Object.entries(changed).every(([key, value]) => Reflect.get(before, key) === value);
  if (same) return [];
  const at = new Date(now);
  return [
    ports.database
      .insert(triggers)
      .values({
        id,
        tenantId: owner.tenantId,
        environment: owner.environment,
        workflowSlug: slug,
        origin: "workflow",
        ...changed,
        paused: false,
        revision: now,
        dirty: true,
        createdAt: at,
        updatedAt: at,
      })
      .onConflictDoUpdate({
        target: triggers.id,
        // One that was gone begins anew: it is not paused any more.
        set: {
          ...changed,
          paused: sql`${triggers.paused} and not ${triggers.deleted}`,
          revision: nextRevision(now),
          dirty: true,
          updatedAt: at,
        },
      }),
  ];
}

function drop(ports: Ports, { id }: TriggerRow): BatchItem<"pg"> {
  const set = { deleted: true, dirty: true, revision: nextRevision(ports.now()), updatedAt: new Date(ports.now()) };
  return ports.database.update(triggers).set(set).where(eq(triggers.id, id));
}

/** Greater than every one before, also than those of rows that are gone. */
export function nextRevision(now: number) {
  return sql`greatest(${triggers.revision} + 1, ${now}::bigint)`;
}
