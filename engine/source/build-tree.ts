import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
import { briefly, type Problem } from "./problem.ts";
import { SOURCE_LIMITS } from "./limits.ts";
import type { Locator } from "./locator.ts";
import { type MapEntry, pointerTo, type ScalarStyle, type SourceNode, type TextRange } from "./tree.ts";

/** Thrown inside one build when a cap is passed: there is no tree then. */
export class TooLarge extends Error {}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "block",
  BLOCK_FOLDED: "block",
};

/**
 * One composed YAML document → source nodes, aliases resolved. Problems (duplicate and refused keys, values that JSON cannot
 * hold, unknown and cyclic aliases) are collected, located, and do not end the build; passing a cap throws `TooLarge`.
 */
export class TreeBuilder {
  readonly problems: Problem[] = [];
  readonly #anchors = new Map<string, Node>();
  /** Nodes that are being built: an alias to one of them is a cycle. */
  readonly #open = new Set<Node>();
  readonly #locate: Locator;
  #nodes = 0;

  constructor(locate: Locator) {
    this.#locate = locate;
  }

  build(document: Document): SourceNode {
    const root = this.#node(document.contents, "", 0);
    // An empty file has a place, too.
    const start = document.range?.[0] ?? 0;
    return { ...root, range: root.range ?? { start, end: start } };
  }

  #node(node: Node | null, pointer: string, depth: number): SourceNode {
    this.#nodes += 1;
    if (this.#nodes > SOURCE_LIMITS.expandedNodes) throw new TooLarge("its aliases stand for too many values");
    if (node === null) return { kind: "scalar", value: null };
    if (depth >= SOURCE_LIMITS.depth && !isScalar(node))
      throw new TooLarge(`it is nested deeper than ${SOURCE_LIMITS.depth} levels`);
    if (isAlias(node)) return this.#alias(node.source, rangeOf(node), pointer, depth);
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const built = this.#content(node, pointer, depth);
    this.#open.delete(node);
    return built;
  }

  #content(node: Node, pointer: string, depth: number): SourceNode {
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#node(nodeOf(item), pointerTo(pointer, index), depth + 1));
      return { kind: "list", items, range: rangeOf(node) };
    }
    if (isMap(node)) return { kind: "map", entries: this.#entries(node.items, pointer, depth), range: rangeOf(node) };
    if (isScalar(node)) return this.#scalar(node, pointer);
    return { kind: "scalar", value: null };
  }

  #alias(name: string, range: TextRange | undefined, pointer: string, depth: number): SourceNode {
    const target = this.#anchors.get(name);
    if (target === undefined)
      this.#report(pointer, range, `the alias *${name} names an anchor that does not stand before it`);
    else if (this.#open.has(target)) this.#report(pointer, range, `the alias *${name} contains itself`);
    else return this.#node(target, pointer, depth);
    return { kind: "scalar", value: null, range };
  }

  #entries(pairs: readonly Pair[], pointer: string, depth: number): MapEntry[] {
    const first = new Map<string, TextRange | undefined>();
    const entries: MapEntry[] = [];
    for (const pair of pairs) {
      const keyNode = nodeOf(pair.key);
      const keyRange = keyNode === null ? undefined : rangeOf(keyNode);
      const key = keyNode !== null && isScalar(keyNode) ? keyText(keyNode) : undefined;
      if (key === undefined) {
        this.#report(pointer, keyRange, "a key must be a plain name");
        continue;
      }
      const own = pointerTo(pointer, key);
      const refusal = keyRefusal(key, keyNode);
      if (refusal !== undefined) this.#report(own, keyRange, refusal);
      else if (first.has(key)) {
        const { line } = this.#locate.at(first.get(key)?.start);
        this.#report(
          own,
          keyRange,
          `the key "${key}" is given twice${line === undefined ? "" : ` (first on line ${line})`}`,
        );
      } else {
        first.set(key, keyRange);
        const value = this.#node(nodeOf(pair.value), own, depth + 1);
        entries.push({ key, keyRange, value: { ...value, range: value.range ?? keyRange } });
      }
    }
    return entries;
  }

  #scalar(node: Scalar, pointer: string): SourceNode {
    const range = rangeOf(node);
    const style = STYLES[node.type ?? "PLAIN"] ?? "plain";
    const { value } = node;
    if (typeof value === "string" || typeof value === "boolean" || value === null) {
      return {
        kind: "scalar",
        value,
        style,
        range,
        ...(style === "plain" && node.source !== undefined ? { written: node.source } : {}),
      };
    }
    if (typeof value === "number" && Number.isFinite(value)) {
      return { kind: "scalar", value, style, range, ...(node.source === undefined ? {} : { written: node.source }) };
    }
    this.#report(pointer, range, `${node.source ?? "this value"} is not a value that JSON can hold`);
    return { kind: "scalar", value: null, style, range };
  }

  #report(path: string, range: TextRange | undefined, message: string): void {
    if (this.problems.length < SOURCE_LIMITS.problems)
      this.problems.push({ path, ...this.#locate.at(range?.start), message: briefly(message) });
  }
}

/** yaml types members of a collection as unknown; the composer only ever puts nodes there. */
function nodeOf(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

function rangeOf(node: Node): TextRange | undefined {
  return node.range ? { start: node.range[0], end: node.range[1] } : undefined;
}

/** `200:` and `yes:` are the names "200" and "yes". */
function keyText(key: Scalar): string | undefined {
  if (typeof key.value === "string") return key.value;
  if (key.value === null && !key.source) return undefined;
  return key.source ?? String(key.value);
}

function keyRefusal(key: string, node: Node | null): string | undefined {
  if (key === "<<" && isScalar(node) && (node.type ?? "PLAIN") === "PLAIN") return "merge keys (<<) are not accepted";
  return nameRefusal(key);
}

/** What is wrong with the name of a key, in YAML and JSON alike; undefined when nothing is. */
export function nameRefusal(key: string): string | undefined {
  if (key === "__proto__") return 'a key must not be named "__proto__"';
  if (key === "$secret") return 'a key must not be named "$secret": write {{ secrets.NAME }} where a secret is meant';
  if (hasControlCharacter(key)) return "a key must not contain control characters";
  return undefined;
}

/** True when a name holds a control character (C0, DEL, C1, line separators). */
export function hasControlCharacter(name: string): boolean {
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name);
}
