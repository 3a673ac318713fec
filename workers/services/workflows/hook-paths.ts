import type { BatchItem } from "drizzle-orm/batch";
import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import type { Context } from "../context.ts";
import { PUBLISHED, takenPaths } from "../triggers/check-config.ts";
import { publishedColumns, putPublished, releasePaths, wantedTriggers } from "../triggers/published-triggers.ts";
import type { Planning } from "./planning.ts";
import { latestOf, publishedVersions } from "./published-versions.ts";

/** Webhook paths that another trigger has, be it of the same document. */
export async function hookPathProblems(context: Context, documents: readonly ReadWorkflow[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const { definition, pointer, locate } of documents) {
    const at = (index: number) => `${pointer}/triggers/${index}/path`;
    const found = await takenPaths(context, definition.triggers ?? [], definition.slug, PUBLISHED, at);
    for (const [index, config] of (definition.triggers ?? []).entries()) {
      const spec = triggerSpec(config);
      if (spec.type !== "webhook") continue;
      const other = seen.get(spec.path);
      const message = `The path "${spec.path}" is that of another webhook, which starts "${other}".`;
      if (other !== undefined) found.push({ path: at(index), message });
      seen.set(spec.path, definition.slug);
    }
    problems.push(...found.map((problem) => ({ ...problem, ...locate(problem.path) })));
  }
  return problems;
}

/**
 * Gives the webhooks of a version that is the newest their paths, with the publication or not at all; the rest of its triggers is
 * installed after it.
 */
export async function hookPathWrites(
  context: Context,
  { source: { definition } }: Planning,
): Promise<BatchItem<"pg">[]> {
  const { ports, caller } = context;
  const { slug, version } = definition;
  const written = definition.triggers ?? [];
  if (!written.some((config) => triggerSpec(config).type === "webhook")) return [];
  const versions = await publishedVersions(context, slug);
  if (latestOf([version, ...versions.map((row) => row.version)]) !== version) return [];
  const { keyId, roles, permissions } = caller;
  const actor = { keyId, roles: [...roles], permissions: [...permissions] };
  return [
    releasePaths(ports, caller, slug),
    ...wantedTriggers(caller, slug, written).flatMap((wanted) => {
      const columns = publishedColumns(wanted, actor, new Set());
      return columns.hookPath === null ? [] : [putPublished(ports, caller, slug, wanted.id, columns)];
    }),
  ];
}
