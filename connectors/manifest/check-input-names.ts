import type { ReadContext } from "../../engine/definition/read-context.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { nearestName } from "../../engine/source/nearest-name.ts";
import { pointerTo, type SourceNode } from "../../engine/source/tree.ts";
import type { HttpHandler } from "./manifest.ts";
import { pathParameters } from "../handlers/http/render-url.ts";
import { partsOf, referencesOf } from "../handlers/http/render.ts";

/** Keywords by which a schema may take members that its `properties` do not list. */
const OPENING = ["patternProperties", "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"];

/** Members whose text is a URL: `{NAME}` there is a path parameter. */
const URLS: ReadonlySet<string> = new Set(["url", "endpointTemplate", "endpoint_template", "path"]);

/** Of an action that is its own handler: what is text for people, or a schema. */
const TOLD: ReadonlySet<string> = new Set([
  "description",
  "examples",
  "input",
  "inputSchema",
  "input_schema",
  "output",
  "metadata",
]);

/**
 * Refuses `${input.NAME}`, and `{NAME}` of a path, in an http handler where the action's input lists its members and NAME is none of them: it would be left
 * out of every request without a word. A schema that takes other members (`additionalProperties: true`, combinations) is not judged.
 */
export function checkInputNames(
  input: JsonObject | undefined,
  { pathSchema, querySchema, bodySchema }: Pick<HttpHandler, "pathSchema" | "querySchema" | "bodySchema">,
  place: { node: SourceNode; pointer: string },
  context: ReadContext,
): void {
  const names = listedNames(input);
  if (names === undefined) return;
  // Where parts of the request have schemas of their own, these list members of the input too.
  const parts = [pathSchema, querySchema, bodySchema].flatMap((schema) => listedNames(schema) ?? []);
  const known = new Set([...names, ...parts]);
  if (place.node.kind !== "map") return;
  for (const { key, value } of place.node.entries)
    if (!TOLD.has(key)) walk(value, pointerTo(place.pointer, key), known, context, key);
}

function listedNames(schema: JsonObject | undefined): string[] | undefined {
  const properties: Json | undefined = schema?.properties;
  if (schema === undefined || properties === undefined || !isObject(properties)) return undefined;
  if (OPENING.some((keyword) => Object.hasOwn(schema, keyword))) return undefined;
  const { additionalProperties: others } = schema;
  return others === true || (others !== undefined && isObject(others)) ? undefined : Object.keys(properties);
}

/** `member`: the key that the node stands under. */
function walk(
  node: SourceNode,
  pointer: string,
  names: ReadonlySet<string>,
  context: ReadContext,
  member: string,
): void {
  if (node.kind === "map")
    for (const { key, value } of node.entries) walk(value, pointerTo(pointer, key), names, context, key);
  else if (node.kind === "list")
    for (const [index, item] of node.items.entries()) walk(item, pointerTo(pointer, index), names, context, member);
  else if (typeof node.value === "string")
    for (const { written, name } of [...named(node.value), ...(URLS.has(member) ? parameters(node.value) : [])]) {
      if (names.has(name)) continue;
      const suggestion = nearestName(name, names);
      const meant = suggestion === undefined ? "" : `: did you mean "${suggestion}"?`;
      const message = `${written} refers to "${name}", which the action's input does not list${meant}`;
      context.refuse({ node, pointer }, message, suggestion);
    }
}

interface Named {
  written: string;
  /** Member of the input. */
  name: string;
}

function named(text: string): Named[] {
  return referencesOf(text).flatMap((reference) => {
    const { root, path } = partsOf(reference);
    const [name] = path;
    return root === "input" && name !== undefined ? [{ written: `\${${reference}}`, name }] : [];
  });
}

/** A parameter with points in it may be a member of that name, or lead inside of one: it is not judged. */
function parameters(text: string): Named[] {
  return pathParameters(text).flatMap((name) => (name.includes(".") ? [] : [{ written: `{${name}}`, name }]));
}
