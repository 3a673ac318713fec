import type { Json, JsonObject } from "../json.ts";

/** Where a node stands in its text, in UTF-16 units; absent when the value did not come from a text with positions. */
export interface TextRange {
  start: number;
  end: number;
}

export type ScalarStyle = "plain" | "single" | "double" | "block";

export interface ScalarNode {
  kind: "scalar";
  value: null | boolean | number | string;
  style?: ScalarStyle;
  /** A plain scalar as it was written: `1.10` is the number 1.1 and the words "1.10". */
  written?: string;
  range?: TextRange;
}

export interface ListNode {
  kind: "list";
  items: SourceNode[];
  range?: TextRange;
}

export interface MapEntry {
  key: string;
  keyRange?: TextRange;
  value: SourceNode;
}

export interface MapNode {
  kind: "map";
  entries: MapEntry[];
  range?: TextRange;
}

/** A value with its places. Aliases are resolved: one node may stand at several JSON pointers. */
export type SourceNode = ScalarNode | ListNode | MapNode;

/** One document of a source text. `text` is absent for values that were never YAML text (JSON inputs carry no lines). */
export interface SourceTree {
  root: SourceNode;
  text?: string;
}

/** The plain JSON value of a node. */
export function toJson(node: SourceNode): Json {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  const object: JsonObject = {};
  for (const entry of node.entries) object[entry.key] = toJson(entry.value);
  return object;
}

/** One more segment on a JSON pointer (RFC 6901). */
export function pointerTo(parent: string, segment: string | number): string {
  return `${parent}/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The segments of a JSON pointer. */
export function pointerSegments(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
