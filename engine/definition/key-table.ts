import type { BlockReader, Names } from "./block-reader.ts";
import { isObject, type JsonObject } from "../json.ts";
import { pointerTo, type SourceNode, toJson } from "../source/tree.ts";

/** What a key of a kept block holds: a simple type, a nested table, or a list of such. `any` is not looked into. */
export type KeyKind = "any" | "text" | "boolean" | "number" | "texts" | "duration" | KeyTable | readonly [KeyTable];

/** The known keys of a block that is kept as it was written. */
export interface KeyTable {
  readonly [key: string]: KeyKind;
}

/**
 * A member that the definition keeps as plain JSON, after its keys and simple types have been checked against a table.
 * Undefined when it is absent or no map.
 */
export function readKept(block: BlockReader, names: Names, table: KeyTable, owner: string): JsonObject | undefined {
  const member = block.member(names);
  if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) return undefined;
  const inner = block.inside(member);
  if (inner === undefined) return undefined;
  checkTable(inner, table, `${member.entry.key} of ${owner}`);
  return keptObject(member.node);
}

/** One map of a list (a trigger), checked against its table. */
export function checkTable(block: BlockReader, table: KeyTable, owner: string): void {
  for (const [key, kind] of Object.entries(table)) checkKey(block, key, kind, owner);
  block.finish(owner);
}

function checkKey(block: BlockReader, key: string, kind: KeyKind, owner: string): void {
  if (kind === "any") block.accept([key]);
  else if (kind === "text") block.word([key]);
  else if (kind === "boolean") block.boolean([key]);
  else if (kind === "number") block.number([key], 0, Number.MAX_SAFE_INTEGER);
  else if (kind === "texts") block.texts([key]);
  else if (kind === "duration") block.duration([key], 0);
  else checkNested(block, key, kind, owner);
}

function checkNested(block: BlockReader, key: string, kind: KeyTable | readonly [KeyTable], owner: string): void {
  const member = block.member([key]);
  if (member === undefined || (member.node.kind === "scalar" && member.node.value === null)) return;
  const table = isTableList(kind) ? kind[0] : kind;
  const items: { node: SourceNode; pointer: string }[] =
    isTableList(kind) && member.node.kind === "list"
      ? member.node.items.map((node, index) => ({ node, pointer: pointerTo(member.pointer, index) }))
      : [member];
  for (const item of items) {
    const inner = block.inside({ entry: member.entry, ...item });
    if (inner !== undefined) checkTable(inner, table, `${key} of ${owner}`);
  }
}

function isTableList(kind: KeyTable | readonly [KeyTable]): kind is readonly [KeyTable] {
  return Array.isArray(kind);
}

/** The plain JSON object of a map node. */
export function keptObject(node: SourceNode): JsonObject | undefined {
  const value = toJson(node);
  return isObject(value) ? value : undefined;
}
