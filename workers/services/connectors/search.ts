import { type SQL, sql } from "drizzle-orm";
import { DOCUMENTED_FIRST_PARTY } from "../../../connectors/first-party/documented.ts";
import type { ConnectorSummary } from "../../../contracts/api/connectors.ts";
import { versionKey } from "../../../contracts/version-key.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Context } from "../context.ts";
import { connectorUrl } from "./connector-url.ts";
import { searchTexts, searchVector } from "./search-vector.ts";
import { trustOf } from "./version-facts.ts";

export interface ConnectorSearch {
  q?: string;
  tag?: string;
}

/** Where a page begins: by number, or after a name. */
export interface SearchPage {
  limit: number;
  offset?: number;
  after?: { name: string; namespace: string };
}

/** A slip in a shorter word could mean anything. */
const SHORTEST_CORRECTED = 4;
/** Words of a search that count. */
const MOST_WORDS = 10;

function platformDocuments(): string {
  return JSON.stringify(
    DOCUMENTED_FIRST_PARTY.map((manifest) => ({
      namespace: manifest.namespace,
      name: manifest.name,
      version: manifest.version,
      title: manifest.displayName,
      description: manifest.description,
      tags: manifest.categories ?? [],
      version_key: versionKey(manifest.version),
      ...searchTexts(manifest),
    })),
  );
}

/**
 * Every connector that the tenant can see, in the version it has installed, else the highest that is neither deprecated nor a
 * pre-release.
 */
function visible({ caller }: Context): SQL {
  const { tenantId, environment } = caller;
  const platform = searchVector({ a: sql`p.a`, b: sql`p.b`, c: sql`p.c`, d: sql`p.d` });
  return sql`
    docs as (
      select v.namespace, v.name, v.version, v.title, v.description, v.tags, v.version_key, v.search, v.visibility,
        false as official, v.tenant_id = ${tenantId} as own, k.id is not null as signed, v.deprecated_reason, v.replacement_version
      from connector_versions v left join publisher_keys k on k.id = v.signature_key and k.revoked_at is null
      where v.environment = ${environment} and v.unpublished_at is null
        and (v.tenant_id = ${tenantId} or v.visibility = 'public')
      union all
      select p.namespace, p.name, p.version, p.title, p.description, p.tags, p.version_key, ${platform}, 'public',
        true, false, false, null, null
      from jsonb_to_recordset(${platformDocuments()}::jsonb) as p(namespace text, name text, version text, title text,
        description text, tags text[], version_key text, a text, b text, c text, d text)
    ),
    picked as (
      select distinct on (d.namespace, d.name) d.*, coalesce(m.version, case when d.official then d.version end) as installed
      from docs d left join connector_installations m
        on m.tenant_id = ${tenantId} and m.environment = ${environment} and m.namespace = d.namespace and m.name = d.name
      order by d.namespace, d.name, (d.version = coalesce(m.version, '')) desc, d.deprecated_reason is not null,
        right(d.version_key, 1) <> '~', d.version_key collate "C" desc, d.official
    )`;
}

interface FoundRow extends Record<string, unknown> {
  namespace: string;
  name: string;
  version: string;
  title: string;
  description: string | null;
  tags: string[];
  visibility: string;
  official: boolean;
  signed: boolean;
  deprecated_reason: string | null;
  replacement_version: string | null;
  installed: string | null;
  total: string;
}

function summary(row: FoundRow): ConnectorSummary {
  const { namespace, name, version } = row;
  return {
    slug: name,
    namespace,
    name,
    version,
    display_name: row.title,
    description: row.description ?? "",
    tags: row.tags,
    trust: trustOf(row),
    visibility: row.visibility === "public" ? "public" : "private",
    deprecated:
      row.deprecated_reason === null
        ? null
        : { reason: row.deprecated_reason, replacement_version: row.replacement_version },
    installed_version: row.installed,
    url: connectorUrl(row),
  };
}

function wordsOf(q: string): string[] {
  return (
    q
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).slice(0, MOST_WORDS);
}

/** All words, each as the beginning of one; only of texts with these weights. */
function tsquery(words: readonly string[], weights: string): SQL {
  return sql`to_tsquery('english', ${words.map((word) => `${word}:*${weights}`).join(" & ")})`;
}

/** The first of these that is true is a connector's tier, whatever how often a word comes. */
function tierOf(words: readonly string[]): SQL {
  const spelled = [...new Set([words.join("-"), words.join("")])];
  const any = (condition: (name: string) => SQL) => sql.join(spelled.map(condition), sql` or `);
  const folded = sql`translate(name, '_.', '--')`;
  const tiers: SQL[] = [
    // The very name, however its words are joined.
    any((name) => sql`${folded} = ${name}`),
    any((name) => sql`starts_with(${folded}, ${name})`),
    // Names as they are shown, tags, descriptions; what is left is in the readme.
    ...["A", "AB", "ABC"].map((weights) => sql`search @@ ${tsquery(words, weights)}`),
  ];
  const whens = tiers.map((tier, at) => sql`when ${tier} then ${sql.raw(String(at))}`);
  return sql`(case ${sql.join(whens, sql` `)} else ${sql.raw(String(tiers.length))} end)`;
}

/** Within a tier: what goes on being kept, then by how far it can be trusted. Words alone could be stuffed in by anybody. */
const STANDING = sql`deprecated_reason is not null, (case when official then 0 when own then 1 when signed then 2 else 3 end)`;

async function run(context: Context, words: readonly string[], { q, tag }: ConnectorSearch, page: SearchPage) {
  const tagged = tag === undefined ? sql`true` : sql`${tag} = any(tags)`;
  const matching = q === undefined ? sql`true` : words.length === 0 ? sql`false` : sql`search @@ ${tsquery(words, "")}`;
  const after =
    page.after && sql`where (name collate "C", namespace collate "C") > (${page.after.name}, ${page.after.namespace})`;
  const ranked =
    words.length === 0 ? sql`` : sql`${tierOf(words)}, ${STANDING}, ts_rank(search, ${tsquery(words, "")}) desc, `;
  const { rows } = await context.ports.database.execute<FoundRow>(sql`
    with ${visible(context)}, found as (select *, count(*) over () as total from picked where ${tagged} and ${matching})
    select namespace, name, version, title, description, tags, visibility, official, signed, deprecated_reason,
      replacement_version, installed, total
    from found ${after ?? sql``}
    order by ${ranked}name collate "C", namespace collate "C" limit ${page.limit} offset ${page.offset ?? 0}`);
  return rows;
}

/** Words with a slip made good from the names and tags that there are; undefined when nothing is near. */
async function corrected(context: Context, words: readonly string[]): Promise<string[] | undefined> {
  const { rows } = await context.ports.database.execute<{ word: string }>(sql`
    with ${visible(context)} select distinct word from (
      select unnest(string_to_array(translate(name, '_.', '--'), '-')) as word from picked union select unnest(tags) from picked
    ) as words limit 5000`);
  const known = rows.map(({ word }) => word);
  const better = words.map((word) => (word.length < SHORTEST_CORRECTED ? word : (nearestName(word, known) ?? word)));
  return better.some((word, at) => word !== words[at]) ? better : undefined;
}

/** Every connector the tenant can see that fits: the best first, without words by name. */
export async function searchConnectors(
  context: Context,
  search: ConnectorSearch,
  page: SearchPage,
): Promise<{ total: number; results: ConnectorSummary[] }> {
  const words = search.q === undefined ? [] : wordsOf(search.q);
  let rows = await run(context, words, search, page);
  if (rows.length === 0 && words.length > 0 && !page.offset) {
    const better = await corrected(context, words);
    if (better !== undefined) rows = await run(context, better.flatMap(wordsOf), search, page);
  }
  // Past the end there is no row to say how many there are.
  const total = rows[0] ?? (page.offset ? (await run(context, words, search, { limit: 1 }))[0] : undefined);
  return { total: Number(total?.total ?? 0), results: rows.map(summary) };
}
