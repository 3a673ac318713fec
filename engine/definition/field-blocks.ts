import type { JsonObject } from "../json.ts";
import type { SourceNode } from "../source/tree.ts";
import { isObject } from "../json.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import type { BlockReader, Names } from "./block-reader.ts";
import { type Field, type FieldTable, readWhole, type Shape, type ValuesOf } from "./field.ts";
import { custom, type FieldOptions, type FieldScope, isNull, scopeIn } from "./field-kinds.ts";
import { shapeSchema } from "./shape-schema.ts";

/** A nested block whose values the definition takes apart. Null is no block. */
export function block<Table extends FieldTable>(
  about: string,
  shape: Shape<Table>,
  options: FieldOptions = {},
): Field<ValuesOf<Table>> {
  const read = (outer: BlockReader, names: Names, owner: string) => {
    const member = outer.member(names);
    const inner = member && outer.inside(member);
    return inner && readWhole(inner, shape, `${names[0]} of ${owner}`);
  };
  return custom(about, shapeSchema(shape), read, { ...options, nullIsAbsent: false });
}

/** A nested block that the definition keeps as it was written, after its keys and values have been checked. */
export function kept(about: string, fields: FieldTable, options?: FieldOptions): Field<JsonObject> {
  const shape: Shape = { fields };
  const read = (outer: BlockReader, names: Names, owner: string) => {
    const member = outer.member(names);
    if (member === undefined || isNull(member)) return undefined;
    const inner = outer.inside(member);
    if (inner === undefined) return undefined;
    readWhole(inner, shape, `${names[0]} of ${owner}`);
    return keptObject(member.node);
  };
  return custom(about, shapeSchema(shape), read, options);
}

/** Several kept blocks; one alone is a list of one. */
export function keptList(about: string, fields: FieldTable, options?: FieldOptions): Field<undefined> {
  const shape: Shape = { fields };
  const read = (outer: BlockReader, names: Names, owner: string) => {
    const member = outer.member(names);
    if (member === undefined || isNull(member)) return undefined;
    const items =
      member.node.kind === "list"
        ? member.node.items.map((node, index) => ({ node, pointer: pointerTo(member.pointer, index) }))
        : [member];
    for (const item of items) {
      const inner = outer.inside({ entry: member.entry, ...item });
      if (inner !== undefined) readWhole(inner, shape, `${names[0]} of ${owner}`);
    }
    return undefined;
  };
  return custom(about, listSchema(shapeSchema(shape)), read, options);
}

/** What a list of blocks is made of. */
export interface ListOf<Item> {
  /** How messages call one of them: "an edge". */
  called: (owner: string) => { item: string; inside: string };
  schema: JsonObject;
  in?: FieldScope;
  read(item: BlockReader, called: string): Item | undefined;
}

/** A list of blocks that are read one by one; one map alone is a list of one. */
export function list<Item>(about: string, of: ListOf<Item>, options?: FieldOptions): Field<Item[]> {
  const read = (outer: BlockReader, names: Names, owner: string) => {
    const member = outer.member(names);
    if (member === undefined) return undefined;
    const { item: itemName, inside } = of.called(owner);
    return outer.items(member, (node: SourceNode, pointer: string) => {
      const scope = scopeIn(outer, of.in);
      const item = outer.inside({ entry: { key: itemName, value: node }, node, pointer }, scope);
      return item && of.read(item, inside);
    });
  };
  return custom(about, listSchema(of.schema), read, options);
}

function listSchema(item: JsonObject): JsonObject {
  return { anyOf: [{ type: "array", items: item }, item] };
}

/** The plain JSON object of a map node. */
export function keptObject(node: SourceNode): JsonObject | undefined {
  const value = toJson(node);
  return isObject(value) ? value : undefined;
}
