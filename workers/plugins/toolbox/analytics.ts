import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import { OPERATION_TYPES } from "../../../connectors/first-party/analytics.ts";
import { identity } from "./compare.ts";
import { FIGURES } from "./figures.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { asText, atPath, listOf, numberOf, textOf } from "./read-input.ts";

const TOP_COUNT = 5;

interface Operation {
  type: string;
  field: string;
  as: string;
  percent: number;
  count: number;
}

function operationOf(written: JsonObject, field: string): Operation {
  return {
    type: textOf(written, "type"),
    field: textOf(written, "field", field),
    as: textOf(written, "as"),
    percent: numberOf(written, "percent", 50),
    count: numberOf(written, "count", TOP_COUNT),
  };
}

/** `top_products` is `top` under its own name; anything else is a type. */
function metricOf(name: string, field: string): Operation {
  const type = name.startsWith("top_") ? "top" : name;
  return operationOf({ type, as: name }, field);
}

/** Every operation's name in the result: `as`, else its type, else type and field where a type stands twice. */
function namesOf(operations: Operation[]): string[] {
  const uses = new Map<string, number>();
  for (const { type } of operations) uses.set(type, (uses.get(type) ?? 0) + 1);
  return operations.map(({ as, type, field }) => {
    if (as !== "") return as;
    return (uses.get(type) ?? 0) > 1 && field !== "" ? `${type}_${field}` : type;
  });
}

/** The field that an operation without one means: the only member that is a number in every item; "" for plain numbers. */
function impliedField(rows: Json[]): string | Outcome {
  const maps = rows.filter(isObject);
  if (maps.length === 0) return "";
  const numeric = Object.keys(maps[0] ?? {}).filter((name) => maps.every((row) => typeof row[name] === "number"));
  const [only, ...more] = numeric;
  if (only !== undefined && more.length === 0) return only;
  const why =
    only === undefined ? "no member is a number in every item" : `several members are numbers: ${numeric.join(", ")}`;
  return refuse(`Name a \`field\` to compute over: ${why}`, { field: "field" });
}

function valuesOf(rows: Json[], field: string): Json[] {
  return rows.flatMap((row) => {
    const value = field === "" ? row : atPath(row, field);
    return value === undefined || value === null ? [] : [value];
  });
}

function computed(rows: Json[], operation: Operation): Outcome {
  const values = valuesOf(rows, operation.field);
  switch (operation.type) {
    case "count":
      return done(values.length);
    case "distinct":
      return done(new Set(values.map(identity)).size);
    case "first":
      return done(values[0] ?? null);
    case "last":
      return done(values.at(-1) ?? null);
    default:
      break;
  }
  const stranger = values.find((value) => typeof value !== "number");
  const numbers = values.filter((value) => typeof value === "number");
  if (stranger !== undefined) {
    const where = operation.field === "" ? "an item" : `\`${operation.field}\``;
    return refuse(`Cannot compute ${operation.type}: ${where} is ${asText(stranger)}, not a number`, {
      field: operation.field,
    });
  }
  if (operation.type === "top") {
    const at = (row: Json) => (operation.field === "" ? row : atPath(row, operation.field));
    const ranked = rows.filter((row) => typeof at(row) === "number");
    return done(ranked.sort((a, b) => Number(at(b)) - Number(at(a))).slice(0, operation.count));
  }
  const figure = FIGURES[operation.type]?.(numbers, operation.percent) ?? null;
  if (figure !== null && !Number.isFinite(figure)) return refuse(`The ${operation.type} is too large to be written`);
  return done(figure);
}

function compute(input: JsonObject): Outcome {
  const rows = listOf(input, "data");
  const field = textOf(input, "field");
  const operations = [
    ...listOf(input, "operations")
      .filter(isObject)
      .map((operation) => operationOf(operation, field)),
    ...listOf(input, "metrics").map((name) => metricOf(asText(name), field)),
  ];
  if (operations.length === 0) return refuse("Name at least one operation or metric", { field: "operations" });
  const names = namesOf(operations);
  const figures: JsonObject = {};
  for (const [index, operation] of operations.entries()) {
    const name = names[index] ?? operation.type;
    if (!OPERATION_TYPES.some((type) => type === operation.type)) {
      const near = nearestName(operation.type, OPERATION_TYPES);
      return refuse(`Unknown metric "${operation.type}"${near ? `; did you mean "${near}"?` : ""}`, {
        field: "metrics",
      });
    }
    if (Object.hasOwn(figures, name))
      return refuse(`Two operations give "${name}": name one by \`as\``, { field: `operations.${index}` });
    if (operation.field === "" && operation.type !== "count") {
      const implied = impliedField(rows);
      if (typeof implied !== "string") return implied;
      operation.field = implied;
    }
    const figure = computed(rows, operation);
    if (!figure.ok) return figure;
    figures[name] = figure.output;
  }
  return done(figures);
}

/** Actions of `community/analytics`. */
export const analytics: Record<string, ToolFunction> = { compute };
