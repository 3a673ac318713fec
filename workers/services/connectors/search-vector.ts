import { type SQL, sql } from "drizzle-orm";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";

/** What a search looks at, by weight: A is the name, B the tags, C the descriptions, D the readme. */
export interface SearchTexts {
  a: string;
  b: string;
  c: string;
  d: string;
}

/** PostgreSQL keeps at most a megabyte of positions, and nobody searches for the end of a long text. */
const MOST_CHARACTERS = 20_000;

export function searchTexts(manifest: ConnectorManifest): SearchTexts {
  const { name, displayName, categories = [], description, actions, readme = "" } = manifest;
  const actionTexts = actions.map((action) => `${action.name.replaceAll(/[-_.]/g, " ")} ${action.description ?? ""}`);
  const text = (...parts: string[]) => parts.join(" ").replaceAll("\u0000", " ").slice(0, MOST_CHARACTERS);
  return {
    a: text(name, name.replaceAll(/[-_.]/g, " "), name.replaceAll(/[-_.]/g, ""), displayName),
    b: text(...categories),
    c: text(description, ...actionTexts),
    d: text(readme),
  };
}

/** The vector of four texts, each a piece of SQL. */
export function searchVector(texts: Record<keyof SearchTexts, SQL>): SQL<string> {
  return sql<string>`(setweight(to_tsvector('english', ${texts.a}), 'A') || setweight(to_tsvector('english', ${texts.b}), 'B')
    || setweight(to_tsvector('english', ${texts.c}), 'C') || setweight(to_tsvector('english', ${texts.d}), 'D'))`;
}
