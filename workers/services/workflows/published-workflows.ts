import { and, eq, or } from "drizzle-orm";
import { slugOf } from "../../../engine/definition/slug.ts";
import { utf8Length } from "../../../engine/expressions/limits.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { workflows } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import type { PinnedSource } from "./planning.ts";
import { publishedSource, publishedVersions, versionMeant } from "./published-versions.ts";

/** Names that are compared for a suggestion. */
const MOST_NAMES = 500;

export type PublishedWorkflow =
  | { found: true; pinned: PinnedSource }
  /** `versions` of the workflow that has the name, or undefined where none has it. */
  | { found: false; versions?: string[] };

/** Levels of subworkflows below a workflow; a call of itself is none. */
function depthOf({ workflows: called }: PlanSource): number {
  const below = Object.values(called ?? {}).map((it) => (it === "self" ? 0 : 1 + depthOf(it)));
  return Math.max(0, ...below);
}

/** What a tenant and environment has published, each read once: for the subworkflows of one document. */
export class PublishedWorkflows {
  readonly #context: Context;
  readonly #found = new Map<string, Promise<PublishedWorkflow>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** How many different ones were asked for. */
  get size(): number {
    return this.#found.size;
  }

  has(name: string, wanted: string | undefined): boolean {
    return this.#found.has(`${name}@${wanted ?? ""}`);
  }

  find(name: string, wanted: string | undefined): Promise<PublishedWorkflow> {
    const key = `${name}@${wanted ?? ""}`;
    const known = this.#found.get(key) ?? this.#load(name, wanted);
    this.#found.set(key, known);
    return known;
  }

  /** Slugs for a suggestion. */
  async slugs(): Promise<string[]> {
    const { caller, ports } = this.#context;
    const rows = await ports.database
      .select({ slug: workflows.slug })
      .from(workflows)
      .where(and(eq(workflows.tenantId, caller.tenantId), eq(workflows.environment, caller.environment)))
      .limit(MOST_NAMES);
    return rows.map((row) => row.slug);
  }

  async #load(name: string, wanted: string | undefined): Promise<PublishedWorkflow> {
    const slug = await this.#slugOf(name);
    if (slug === undefined) return { found: false };
    const versions = (await publishedVersions(this.#context, slug)).map((row) => row.version);
    const version = versionMeant(versions, wanted);
    const source = version === undefined ? undefined : await publishedSource(this.#context, slug, version);
    if (source === undefined) return { found: false, versions };
    return {
      found: true,
      pinned: { source, bytes: utf8Length(JSON.stringify(source)), depth: depthOf(source) },
    };
  }

  /** The workflow whose slug the name gives, else the one that has the name: a slug can come from an `id`. */
  async #slugOf(name: string): Promise<string | undefined> {
    const { caller, ports } = this.#context;
    const slug = slugOf(name);
    const rows = await ports.database
      .select({ slug: workflows.slug })
      .from(workflows)
      .where(
        and(
          eq(workflows.tenantId, caller.tenantId),
          eq(workflows.environment, caller.environment),
          or(eq(workflows.slug, slug), eq(workflows.name, name)),
        ),
      )
      .orderBy(workflows.slug)
      .limit(MOST_NAMES);
    return (rows.find((row) => row.slug === slug) ?? rows[0])?.slug;
  }
}
