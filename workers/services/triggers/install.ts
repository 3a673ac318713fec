import { and, eq, inArray, ne, or } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { Owner } from "../../../contracts/placement.ts";
import type { TriggerActor } from "../../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { apiKeys, triggers, workflows, workflowVersions } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { latestOf, publishedSource } from "../workflows/published-versions.ts";
import {
  nextRevision,
  publishedColumns,
  putPublished,
  releasePaths,
  wantedTriggers,
  type WantedTrigger,
} from "./published-triggers.ts";
import { syncTriggers } from "./sync.ts";
import { triggerContext } from "./trigger-context.ts";
import type { TriggerRow } from "./trigger-row.ts";

/** Publications that may come between reading and writing before it is left to the sweeper. */
const TRIES = 5;
const NOBODY = { roles: [], permissions: [] };

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
    const wanted = wantedTriggers(owner, slug, newest?.triggers ?? []);
    if (!(await bringUpToDate(ports, owner, slug, wanted, newest?.actor ?? { keyId: "", ...NOBODY }, rows))) continue;
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

/** Rows of what is wanted, and none of what is not. False when another got a path meanwhile: look again. */
async function bringUpToDate(
  ports: Ports,
  owner: Owner,
  slug: string,
  wanted: readonly WantedTrigger[],
  actor: TriggerActor,
  rows: readonly TriggerRow[],
): Promise<boolean> {
  const { database } = ports;
  const taken = await othersPaths(ports, owner, slug, wanted);
  const puts = wanted.flatMap((it) => {
    const columns = publishedColumns(it, actor, taken);
    const before = rows.find((row) => row.id === it.id);
    const same = before && Object.entries(columns).every(([key, value]) => Reflect.get(before, key) === value);
    return same ? [] : [{ id: it.id, columns }];
  });
  const drops = rows.filter(({ id, deleted }) => !deleted && wanted.every((it) => it.id !== id));
  if (puts.length + drops.length === 0) return true;
  try {
    await database.batch([
      database.update(workflows).set({ triggersInstalled: -1 }).where(ofSlug(owner, slug).workflow),
      releasePaths(
        ports,
        owner,
        slug,
        [...puts, ...drops].map(({ id }) => id),
      ),
      ...drops.map((row) => drop(ports, row)),
      ...puts.map(({ id, columns }) => putPublished(ports, owner, slug, id, columns)),
    ]);
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Webhook paths of the file that another trigger has. */
async function othersPaths(
  { database }: Ports,
  { tenantId, environment }: Owner,
  slug: string,
  wanted: readonly WantedTrigger[],
): Promise<Set<string>> {
  const paths = wanted.flatMap((it) => publishedColumns(it, { keyId: "", ...NOBODY }, new Set()).hookPath ?? []);
  if (paths.length === 0) return new Set();
  const rows = await database
    .select({ path: triggers.hookPath })
    .from(triggers)
    .where(
      and(
        eq(triggers.tenantId, tenantId),
        eq(triggers.environment, environment),
        eq(triggers.deleted, false),
        inArray(triggers.hookPath, paths),
        or(ne(triggers.workflowSlug, slug), ne(triggers.origin, "workflow")),
      ),
    );
  return new Set(rows.flatMap(({ path }) => path ?? []));
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

function drop(ports: Ports, { id }: TriggerRow): BatchItem<"pg"> {
  const set = { deleted: true, dirty: true, revision: nextRevision(ports.now()), updatedAt: new Date(ports.now()) };
  return ports.database.update(triggers).set(set).where(eq(triggers.id, id));
}
