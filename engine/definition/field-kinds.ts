import type { Json, JsonObject } from "../json.ts";
import type { BlockReader, Names } from "./block-reader.ts";
import { DURATION_TEXT, LONGEST_DURATION_MS } from "./duration.ts";
import type { ExpressionField, ExpressionScope } from "./expression-use.ts";
import type { Field } from "./field.ts";
import type { Member } from "./read-context.ts";
import type { StepDefinition } from "./types.ts";

/** What any field may say besides its kind. */
export interface FieldOptions {
  also?: readonly string[];
  required?: boolean | ((owner: string) => string);
}

/** Where the expressions of a field are evaluated: beside the step's others, outside of the loop that it opens, inside of one, in a node. */
export type FieldScope = "own" | "outer" | "loop" | "graph";

/** The kinds of simple fields. Each says side by side how a value is read and what JSON Schema calls the same. */

/** A field with a way of reading of its own; `nullIsAbsent` unless the options say that null is a value. */
export function custom<Value>(
  about: string,
  schema: JsonObject,
  read: (block: BlockReader, names: Names, owner: string) => Value | undefined,
  options: FieldOptions & { nullIsAbsent?: boolean } = {},
): Field<Value> {
  const { also = [], required = false, nullIsAbsent = true } = options;
  return { about, also, required, nullIsAbsent, schema, read };
}

export function text(about: string, options?: FieldOptions): Field<string> {
  return custom(about, { type: "string" }, (block, names) => block.text(names), options);
}

/** Text that may be written as a number: `version: 1`. */
export function word(about: string, options?: FieldOptions): Field<string> {
  return custom(about, { type: ["string", "number"] }, (block, names) => block.word(names), options);
}

const NAME_SCHEMA: JsonObject = {
  type: ["string", "number"],
  pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*\\S[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$",
  maxLength: 200,
};

/** Text that names something; `unfit` says what is wrong with a name, if anything, and `pattern` the same to an editor. */
export function name(
  about: string,
  options: FieldOptions & { unfit?: (name: string) => string | undefined; pattern?: string } = {},
): Field<string> {
  const { unfit, pattern } = options;
  const schema: JsonObject = pattern === undefined ? NAME_SCHEMA : { ...NAME_SCHEMA, minimum: 0, allOf: [{ pattern }] };
  const read = (block: BlockReader, names: Names) => {
    const written = block.name(names);
    const problem = written === undefined ? undefined : unfit?.(written);
    const member = problem === undefined ? undefined : block.member(names);
    if (problem !== undefined && member !== undefined) block.context.refuse(member, problem);
    return written;
  };
  return custom(about, schema, read, options);
}

export function boolean(about: string, options?: FieldOptions): Field<boolean> {
  return custom(about, { type: "boolean" }, (block, names) => block.boolean(names), options);
}

export function number(
  about: string,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
  options?: FieldOptions,
): Field<number> {
  const schema = { type: "number", minimum: least, maximum: most };
  return custom(about, schema, (block, names) => block.number(names, least, most), options);
}

export function integer(about: string, least: number, most: number, options?: FieldOptions): Field<number> {
  const schema = { type: "integer", minimum: least, maximum: most };
  return custom(about, schema, (block, names) => block.integer(names, least, most), options);
}

/** What a duration is to an editor: seconds, or text with units. `leastMs` 0 allows "0s" too. */
export function durationSchema(leastMs: number): JsonObject {
  const some = leastMs > 0 ? "(?=.*[1-9])" : "";
  return {
    anyOf: [
      { type: "number", minimum: leastMs / 2_000, maximum: LONGEST_DURATION_MS / 1_000 },
      { type: "string", pattern: `^${some}\\s*(?:${DURATION_TEXT})\\s*$` },
    ],
  };
}

/** Milliseconds; a number or text without a unit is seconds. */
export function duration(about: string, leastMs = 1, options?: FieldOptions): Field<number> {
  const read = (block: BlockReader, names: Names) => block.duration(names, leastMs);
  return custom(about, durationSchema(leastMs), read, options);
}

export function oneOf<Word extends string>(
  about: string,
  choices: readonly Word[],
  options?: FieldOptions,
): Field<Word> {
  return custom(about, { enum: [...choices] }, (block, names) => block.oneOf(names, choices), options);
}

/** A list of texts; one text alone is a list of one. */
export function texts(about: string, options?: FieldOptions): Field<string[]> {
  const schema = { type: ["string", "array"], items: { type: "string" } };
  return custom(about, schema, (block, names) => block.texts(names), options);
}

/** Any JSON, kept as it is. */
export function json(about: string, options?: FieldOptions): Field<Json> {
  return custom(about, {}, (block, names) => block.json(names), { ...options, nullIsAbsent: false });
}

/** Any map, kept as it is. */
export function object(about: string, options?: FieldOptions): Field<JsonObject> {
  return custom(about, { type: "object" }, (block, names) => block.object(names), options);
}

/** A key that is known and not read here. */
export function accepted(about: string, schema: JsonObject = {}, options?: FieldOptions): Field<undefined> {
  return custom(about, schema, () => undefined, { ...options, nullIsAbsent: false });
}

/** Any JSON whose texts may be templates. */
export function template(about: string, field: ExpressionField, options?: FieldOptions): Field<Json> {
  const read = (block: BlockReader, names: Names) => block.template(names, field);
  return custom(about, {}, read, { ...options, nullIsAbsent: false });
}

/** A template, a bare expression or a literal. */
export function condition(
  about: string,
  field: ExpressionField,
  options: FieldOptions & { in?: FieldScope } = {},
): Field<Json> {
  const read = (block: BlockReader, names: Names) => block.condition(names, field, scopeIn(block, options.in));
  return custom(about, {}, read, { ...options, nullIsAbsent: false });
}

const STEPS_SCHEMA: JsonObject = { type: "array", items: { $ref: "#/definitions/step" } };

/** A list of steps. */
export function steps(about: string, options: FieldOptions & { in?: FieldScope } = {}): Field<StepDefinition[]> {
  const read = (block: BlockReader, names: Names) => block.steps(names, scopeIn(block, options.in));
  return custom(about, STEPS_SCHEMA, read, options);
}

/** A map of names to step lists: cases, branches. */
export function stepLists(about: string, options?: FieldOptions): Field<Record<string, StepDefinition[]>> {
  const schema: JsonObject = {
    type: "object",
    additionalProperties: { type: ["array", "null"], items: { $ref: "#/definitions/step" } },
  };
  return custom(about, schema, (block, names) => block.stepLists(names), options);
}

/** The scope in which a field's expressions stand. */
export function scopeIn(block: BlockReader, where: FieldScope = "own"): ExpressionScope {
  if (where === "own") return block.scope;
  if (where === "outer") return block.outer;
  return where === "loop" ? { ...block.scope, loop: true } : { loop: false, graph: true };
}

/** True for a member that stands there without a value. */
export function isNull(member: Member): boolean {
  return member.node.kind === "scalar" && member.node.value === null;
}
