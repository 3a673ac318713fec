import { isObject, type Json } from "../json.ts";
import { constantCondition } from "./constant.ts";
import { shapeOf } from "./expression-shape.ts";
import { canBe, ITERABLE, typesOfSchema } from "./json-types.ts";
import { knownOf } from "./reference-schema.ts";
import type { Outline } from "./outline.ts";

/** How many items a loop has, as far as the definition tells. */
export interface ItemRange {
  least: number;
  /** null: nothing bounds it. */
  most: number | null;
  /** The loop goes over exactly this input (or a member of it). */
  input?: string;
  /** That input is a map, not a list. */
  map?: boolean;
}

/** Items of `for_each` or `items`: a list that is written out, or an input whose schema bounds it. */
export function itemRange(outline: Outline, items: Json): ItemRange {
  const constant = constantCondition(items);
  if (constant?.fails === false) {
    const { value } = constant;
    const count = value !== null && typeof value === "object" ? Object.keys(value).length : 0;
    return { least: count, most: count };
  }
  if (Array.isArray(items)) return { least: items.length, most: items.length };
  if (typeof items !== "string") {
    const count = isObject(items) ? Object.keys(items).length : 0;
    return { least: count, most: count };
  }
  const shape = shapeOf(items);
  if (shape.kind === "text" || shape.expression.kind !== "path") return { least: 0, most: null };
  const { base, keys } = shape.expression;
  const path = keys.flatMap((key) => ("fixed" in key ? [String(key.fixed)] : []));
  const name = path[0];
  if (base.kind !== "name" || base.name !== "inputs" || path.length < keys.length || name === undefined)
    return { least: 0, most: null };
  const known = knownOf(outline, { root: "inputs", path });
  const schema = known?.kind === "schema" ? known.schema : {};
  const types = typesOfSchema(schema);
  if (types !== undefined && !canBe(types, ITERABLE)) return { least: 0, most: 0 };
  const declared = outline.definition.inputs[name];
  const given = path.length === 1 && (declared?.required === true || (declared?.default ?? null) !== null);
  return {
    least: given ? bound(schema.minItems ?? schema.minProperties, 0) : 0,
    most: bound(schema.maxItems ?? schema.maxProperties, null),
    input: path.join("."),
    map: types?.has("array") === false,
  };
}

function bound<Otherwise>(value: Json | undefined, otherwise: Otherwise): number | Otherwise {
  return typeof value === "number" ? value : otherwise;
}
