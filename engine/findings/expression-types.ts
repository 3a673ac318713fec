import type { Expression } from "../expressions/ast.ts";
import { typeOfValue, typesOfSchema, type TypeName, type Types } from "./json-types.ts";
import { knownOf } from "./reference-schema.ts";
import type { Outline } from "./outline.ts";

const FUNCTION_TYPES: Readonly<Partial<Record<TypeName, readonly string[]>>> = {
  string: [
    "base64",
    "date",
    "hmac",
    "join",
    "json",
    "lower",
    "now",
    "replace",
    "sha256",
    "string",
    "title",
    "trim",
    "upper",
    "urlencode",
    "uuid",
  ],
  boolean: ["contains", "endsWith", "startsWith"],
  number: ["abs", "avg", "round", "sum"],
  integer: ["length"],
  array: [
    "filter",
    "groupby",
    "items",
    "keys",
    "map",
    "range",
    "reject",
    "select",
    "sort",
    "split",
    "unique",
    "values",
  ],
  object: ["merge"],
};

const RESULTS = new Map<string, TypeName>();
for (const type of ["string", "boolean", "number", "integer", "array", "object"] as const)
  for (const name of FUNCTION_TYPES[type] ?? []) RESULTS.set(name, type);

const ROOT_TYPES: Readonly<Record<string, TypeName>> = {
  index: "integer",
  isFirst: "boolean",
  isLast: "boolean",
  today: "string",
  now: "string",
};

/** The types that the value of an expression can have; undefined: any. */
export function typesOfExpression(outline: Outline, expression: Expression): Types | undefined {
  switch (expression.kind) {
    case "literal":
      return only(typeOfValue(expression.value));
    case "name":
      return only(ROOT_TYPES[expression.name]);
    case "path":
      return ofPath(outline, expression);
    case "list":
      return only("array");
    case "map":
      return only("object");
    case "negate":
      return only("number");
    case "not":
    case "compare":
    case "test":
      return only("boolean");
    case "join":
      return only("string");
    case "arithmetic":
      return expression.rest.every(({ operator }) => operator === "+")
        ? sumTypes(outline, expression.first)
        : only("number");
    case "call":
      return ofCall(expression.call.name, expression.call.args.length);
    case "pipe": {
      const last = expression.calls.at(-1);
      return last && ofCall(last.name, last.args.length + 1);
    }
    case "logic":
      return union(outline, expression.operands);
    case "choice":
      return union(outline, [expression.then, expression.otherwise]);
    default:
      return expression satisfies never;
  }
}

function only(type: TypeName | undefined): Types | undefined {
  return type === undefined ? undefined : new Set([type]);
}

/** `+` joins texts or lists, or adds: its first operand tells which. */
function sumTypes(outline: Outline, first: Expression): Types | undefined {
  const types = typesOfExpression(outline, first);
  return types?.has("integer") === true ? only("number") : types;
}

function ofPath(outline: Outline, { base, keys }: Extract<Expression, { kind: "path" }>): Types | undefined {
  if (base.kind !== "name") return undefined;
  const path: string[] = [];
  for (const key of keys) {
    if (!("fixed" in key)) return undefined;
    path.push(String(key.fixed));
  }
  const known = knownOf(outline, { root: base.name, path });
  return known?.kind === "schema" ? typesOfSchema(known.schema) : undefined;
}

/** `int` and `float` are numbers too, unless they are given another value for what is none. */
function ofCall(name: string, given: number): Types | undefined {
  if (name === "int" || name === "float") return given > 1 ? undefined : only("number");
  return only(RESULTS.get(name));
}

function union(outline: Outline, expressions: readonly Expression[]): Types | undefined {
  const all = new Set<TypeName>();
  for (const expression of expressions) {
    const types = typesOfExpression(outline, expression);
    if (types === undefined) return undefined;
    for (const type of types) all.add(type);
  }
  return all;
}
