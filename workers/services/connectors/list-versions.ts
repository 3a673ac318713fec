import { rsort } from "semver";
import type { ConnectorVersion } from "../../../contracts/api/connectors.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { lookUp } from "./look-up.ts";

/** The versions of a connector that can be seen, highest first. */
export async function listVersions(
  context: Context,
  slug: string,
  { cursor, limit }: { cursor?: string; limit: number },
): Promise<Result<Page<ConnectorVersion>>> {
  const found = await lookUp(context, slug);
  if (!found.ok) return found;
  const { entry } = found.value;
  const at = cursor === undefined ? null : decodeCursor(cursor, 1);
  if (cursor !== undefined && at === null) return badCursor();
  const all = rsort([...entry.versions]);
  const from = at === null ? 0 : all.indexOf(at[0] ?? "") + 1;
  const page = all.slice(from, from + limit);
  const data = page.flatMap((version): ConnectorVersion[] => {
    const facts = entry.facts[version];
    if (facts === undefined) return [];
    const { sha256, visibility, trust, deprecated, publishedAt } = facts;
    const published_at = publishedAt?.toISOString() ?? null;
    return [{ version, sha256, visibility, trust, deprecated, published_at, installed: entry.installed === version }];
  });
  const more = all.length > from + limit;
  return success({ data, has_more: more, next_cursor: more ? encodeCursor([page.at(-1) ?? ""]) : null });
}
