import { isObject, type Json } from "../../engine/json.ts";

/** Keywords whose values are data, not schemas. */
const DATA: ReadonlySet<string> = new Set(["default", "const", "enum", "examples", "example", "required"]);
/** Keywords whose values are schemas by a name: of members, or of definitions. */
const MEMBERS: ReadonlySet<string> = new Set(["properties", "patternProperties"]);
const DEFINITIONS: ReadonlySet<string> = new Set(["$defs", "definitions", "dependentSchemas"]);
const DEEPEST = 64;

/**
 * The defaults that a JSON Schema gives members of these names, and what stands in them, as `["name", value]`: wherever the schema says so, under
 * `allOf` or `anyOf`, or where a `$ref` of it leads. What else the schema says is not looked at.
 */
export function schemaDefaults(schema: Json, names: readonly string[]): string[] {
  const found = new Set<string>();
  const followed = new Set<string>();
  const inside = (keyword: string, value: Json, of: string | undefined): [Json, string | undefined][] => {
    if (DATA.has(keyword)) return [];
    if (keyword === "$ref") {
      const way = JSON.stringify([of ?? null, value]);
      if (followed.has(way)) return [];
      followed.add(way);
      return [[target(schema, String(value)), of]];
    }
    if (MEMBERS.has(keyword) && isObject(value))
      return Object.entries(value).map(([name, inner]) => [inner, names.includes(name) ? name : of]);
    if (DEFINITIONS.has(keyword) && isObject(value)) return Object.values(value).map((inner) => [inner, of]);
    return [[value, of]];
  };
  const walk = (part: Json, of: string | undefined, depth: number): void => {
    if (depth > DEEPEST) return;
    if (Array.isArray(part)) for (const item of part) walk(item, of, depth + 1);
    if (!isObject(part)) return;
    if (of !== undefined && part.default !== undefined) found.add(JSON.stringify([of, part.default]));
    for (const [keyword, value] of Object.entries(part))
      for (const [inner, name] of inside(keyword, value, of)) walk(inner, name, depth + 1);
  };
  walk(schema, undefined, 0);
  return [...found];
}

/** What a reference within the schema names; null where it names nothing. */
function target(schema: Json, reference: string): Json {
  if (!reference.startsWith("#")) return null;
  let place: Json = schema;
  for (const step of reference.slice(1).split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const inner: Json | undefined = Array.isArray(place) ? place[Number(name)] : isObject(place) ? place[name] : null;
    place = inner ?? null;
  }
  return place;
}
