import type { Json, JsonObject } from "../json.ts";
import type { BlockReader, Names } from "./block-reader.ts";

/**
 * One field of a block, declared once: how it is read, what JSON Schema says of it to an editor, and what it means. Readers and
 * the served schema both come from these declarations, so neither can know a key that the other does not.
 */
export interface Field<Value> {
  /** What the field means, in a sentence: editors show it. */
  about: string;
  /** Other accepted names; the name in the table is the one that messages use first. */
  also: readonly string[];
  /** Absent: optional. The function says where it is required, when that is more than "in <owner>". */
  required: boolean | ((owner: string) => string);
  /** An explicit null is the same as leaving the field out. */
  nullIsAbsent: boolean;
  /** JSON Schema (draft-07) of a value that is given. */
  schema: JsonObject;
  /** Reads the member under any of its names; undefined when absent or refused (then it has been reported). */
  read(block: BlockReader, names: Names, owner: string): Value | undefined;
}

/** Fields by the name that the language document uses. */
export type FieldTable = Readonly<Record<string, Field<unknown>>>;

/** What reading a table gives. */
export type ValuesOf<Table extends FieldTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Field<infer Value> ? Value | undefined : never;
};

/** Of these fields one must be given; `exclusive`: not more than one. */
export interface Choice {
  of: readonly [string, string];
  exclusive: boolean;
}

/** A block's fields, and what holds between them. */
export interface Shape<Table extends FieldTable = FieldTable> {
  fields: Table;
  choices?: readonly Choice[];
  /** Fields of another block that may stand among these, when one of `when` is there and none of `unless`. */
  inlined?: { shape: Shape; when: readonly string[]; unless: readonly string[] };
  /** What the reader checks between fields in code, as JSON Schema: it is added to the schema of the block. */
  between?: readonly JsonObject[];
}

/** What code that looks at several fields may do with their places. It sees only fields of its table. */
export interface Places<Table extends FieldTable> {
  given(name: keyof Table & string): boolean;
  /** A complaint about a field's value. */
  refuse(name: keyof Table & string, message: string): void;
  /** A complaint about a field's key. */
  refuseKey(name: keyof Table & string, message: string): void;
}

/** All names of a field: the one that messages use, then the accepted others. */
export function namesOf(name: string, field: Field<unknown>): Names {
  return [name, ...field.also];
}

/** Reads every field of a shape and notes those that are missing; the caller says `finish` when the block has no other fields. */
export function readShape<Table extends FieldTable>(
  block: BlockReader,
  shape: Shape<Table>,
  owner: string,
): ValuesOf<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape.fields)) {
    const names = namesOf(name, field);
    block.accept(names);
    values[name] = field.read(block, names, owner);
    if (field.required !== false && isAbsent(block, names, field))
      block.missing(name, field.required === true ? `in ${owner}` : field.required(owner));
  }
  for (const { of, exclusive } of shape.choices ?? []) {
    const count = of.filter((name) => isGiven(block, shape, name)).length;
    if (count === 0 || (exclusive && count > 1))
      block.missing(of[0], `in ${owner}, or ${of[1]}${exclusive ? ", and not both" : ""}`);
  }
  return values as ValuesOf<Table>;
}

/** The fields of a shape and nothing else. */
export function readWhole<Table extends FieldTable>(
  block: BlockReader,
  shape: Shape<Table>,
  owner: string,
): ValuesOf<Table> {
  const values = readShape(block, shape, owner);
  block.finish(owner);
  return values;
}

/** Where the fields of a block stand, for checks between them. */
export function placesOf<Table extends FieldTable>(block: BlockReader, shape: Shape<Table>): Places<Table> {
  const member = (name: string) => block.member(namesIn(shape, name));
  return {
    given: (name) => member(name) !== undefined,
    refuse(name, message) {
      const found = member(name);
      if (found !== undefined) block.context.refuse(found, message);
    },
    refuseKey(name, message) {
      const found = member(name);
      if (found !== undefined) block.context.refuseKey(found, message);
    },
  };
}

/** All names of the field `name` of a shape. */
export function namesIn(shape: Shape, name: string): Names {
  const field = shape.fields[name];
  return field === undefined ? [name] : namesOf(name, field);
}

function isGiven(block: BlockReader, shape: Shape, name: string): boolean {
  return namesIn(shape, name).some((known) => block.has(known));
}

function isAbsent(block: BlockReader, names: Names, field: Field<unknown>): boolean {
  const node = block.member(names)?.node;
  const value: Json | undefined = node?.kind === "scalar" ? node.value : undefined;
  return node === undefined || (field.nullIsAbsent && value === null);
}
