import type { Json, JsonObject } from "../json.ts";
import { hasControlCharacter } from "../source/build-tree.ts";
import { nearestName } from "../source/nearest-name.ts";
import { type MapEntry, type MapNode, pointerTo, type SourceNode, toJson } from "../source/tree.ts";
import { durationMs } from "./duration.ts";
import type { ExpressionField, ExpressionScope } from "./expression-use.ts";
import type { Member, ReadContext } from "./read-context.ts";
import type { StepDefinition } from "./types.ts";

/** Reads the steps of a block. Handed in, because steps contain blocks that contain steps. */
export type StepsReader = (member: Member, scope: ExpressionScope, context: ReadContext) => StepDefinition[];

/** The names a field may have: the one that messages use first, then the accepted others. */
export type Names = readonly [string, ...string[]];

/**
 * Reads one map of a file, field by field. What was asked for is what is known: `finish` reports every other key with the
 * nearest known one, except keys that begin with `x-`. Every reader reports what is wrong and then gives undefined, so that
 * one pass finds all problems.
 */
export class BlockReader {
  readonly context: ReadContext;
  readonly pointer: string;
  readonly scope: ExpressionScope;
  /** Where the block itself stands: of a step with a loop, outside of that loop. */
  readonly outer: ExpressionScope;
  readonly node: MapNode;
  readonly #steps: StepsReader;
  readonly #entries = new Map<string, MapEntry>();
  readonly #known = new Set<string>();
  readonly #missing = new Map<string, string>();

  constructor(
    node: MapNode,
    pointer: string,
    scope: ExpressionScope,
    context: ReadContext,
    steps: StepsReader,
    outer: ExpressionScope = scope,
  ) {
    this.node = node;
    this.pointer = pointer;
    this.scope = scope;
    this.outer = outer;
    this.context = context;
    this.#steps = steps;
    for (const entry of node.entries) this.#entries.set(entry.key, entry);
  }

  /** A reader of a nested map; undefined (and reported) when the member is something else. */
  inside(member: Member, scope: ExpressionScope = this.scope): BlockReader | undefined {
    if (member.node.kind === "map")
      return new BlockReader(member.node, member.pointer, scope, this.context, this.#steps);
    this.context.refuse(member, `${member.entry.key} must be a map`);
    return undefined;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The member under any of its names. Two names of one field together are a problem. */
  member(names: Names): Member | undefined {
    let found: Member | undefined;
    for (const name of names) {
      this.#known.add(name);
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      const member = { entry, node: entry.value, pointer: pointerTo(this.pointer, name) };
      if (found === undefined) found = member;
      else this.context.refuseKey(member, `${name} is another name of ${found.entry.key}, which is given too`);
    }
    return found;
  }

  /** As `member`, but an explicit null counts as absent. */
  #given(names: Names): Member | undefined {
    const member = this.member(names);
    return member?.node.kind === "scalar" && member.node.value === null ? undefined : member;
  }

  /** Says that a field is missing; `finish` reports it, unless an unknown key was probably meant to be it. */
  missing(name: string, owner: string): void {
    this.#missing.set(name, owner);
  }

  text(names: Names): string | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    if (member.node.kind === "scalar" && typeof member.node.value === "string") return member.node.value;
    this.context.refuse(member, `${member.entry.key} must be text`);
    return undefined;
  }

  /** Text that was perhaps written as a number: `version: 1`. */
  word(names: Names): string | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    if (member.node.kind === "scalar" && typeof member.node.value === "number")
      return member.node.written ?? String(member.node.value);
    return this.text(names);
  }

  /** Text that names something: not blank, no control characters. */
  name(names: Names): string | undefined {
    const member = this.#given(names);
    const text = this.word(names);
    if (member === undefined || text === undefined) return undefined;
    if (text.trim() === "") this.context.refuse(member, `${member.entry.key} must not be empty`);
    else if (hasControlCharacter(text))
      this.context.refuse(member, `${member.entry.key} must not contain control characters`);
    else if (text.length > 200)
      this.context.refuse(member, `${member.entry.key} must not be longer than 200 characters`);
    else return text.trim();
    return undefined;
  }

  boolean(names: Names): boolean | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    if (member.node.kind === "scalar" && typeof member.node.value === "boolean") return member.node.value;
    this.context.refuse(member, `${member.entry.key} must be true or false`);
    return undefined;
  }

  number(names: Names, least: number, most: number): number | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const { node } = member;
    if (node.kind === "scalar" && typeof node.value === "number" && node.value >= least && node.value <= most)
      return node.value;
    this.context.refuse(member, `${member.entry.key} must be a number from ${least} to ${most}`);
    return undefined;
  }

  integer(names: Names, least: number, most: number): number | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const { node } = member;
    if (
      node.kind === "scalar" &&
      Number.isSafeInteger(node.value) &&
      Number(node.value) >= least &&
      Number(node.value) <= most
    )
      return Number(node.value);
    this.context.refuse(member, `${member.entry.key} must be a whole number from ${least} to ${most}`);
    return undefined;
  }

  /** A duration in milliseconds; a number or text without a unit is seconds. */
  duration(names: Names, leastMs = 1): number | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const { node } = member;
    const value = node.kind === "scalar" ? node.value : null;
    const ms = typeof value === "number" || typeof value === "string" ? durationMs(value) : undefined;
    if (ms !== undefined && ms >= leastMs) return ms;
    this.context.refuse(member, `${member.entry.key} must be a duration: seconds, or text such as "30s", "5m", "2d"`);
    return undefined;
  }

  oneOf<Choice extends string>(names: Names, choices: readonly Choice[]): Choice | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const value = member.node.kind === "scalar" ? member.node.value : undefined;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const suggestion = typeof value === "string" ? nearestName(value, choices) : undefined;
    this.context.refuse(member, `${member.entry.key} must be one of ${choices.join(", ")}`, suggestion);
    return undefined;
  }

  /** A list of texts; one text alone is a list of one. */
  texts(names: Names): string[] | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const value = toJson(member.node);
    const list = Array.isArray(value) ? value : [value];
    if (list.every((item) => typeof item === "string")) return list;
    this.context.refuse(member, `${member.entry.key} must be a list of texts`);
    return undefined;
  }

  json(names: Names): Json | undefined {
    const member = this.member(names);
    return member && toJson(member.node);
  }

  object(names: Names): JsonObject | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const value = toJson(member.node);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
    this.context.refuse(member, `${member.entry.key} must be a map`);
    return undefined;
  }

  template(names: Names, field: ExpressionField): Json | undefined {
    const member = this.member(names);
    return member && this.context.template(member.node, member.pointer, field, this.scope);
  }

  /** Template, bare expression or literal. */
  condition(names: Names, field: ExpressionField, scope: ExpressionScope = this.scope): Json | undefined {
    const member = this.member(names);
    return member && this.context.condition(member.node, member.pointer, field, scope);
  }

  steps(names: Names, scope: ExpressionScope = this.scope): StepDefinition[] | undefined {
    const member = this.#given(names);
    return member && this.#steps(member, scope, this.context);
  }

  /** A map of names to step lists: cases, branches. */
  stepLists(names: Names): Record<string, StepDefinition[]> | undefined {
    const member = this.#given(names);
    if (member === undefined) return undefined;
    const block = this.inside(member);
    if (block === undefined) return undefined;
    const lists: Record<string, StepDefinition[]> = {};
    for (const entry of block.node.entries) lists[entry.key] = block.steps([entry.key]) ?? [];
    return lists;
  }

  /** Reads each item of a list; a single map stands for a list of one. */
  items<Item>(member: Member, read: (node: SourceNode, pointer: string) => Item | undefined): Item[] {
    const { node } = member;
    if (node.kind === "scalar") {
      if (node.value !== null) this.context.refuse(member, `${member.entry.key} must be a list`);
      return [];
    }
    const items: Item[] = [];
    const nodes = node.kind === "list" ? node.items : [node];
    for (const [index, item] of nodes.entries()) {
      const read_ = read(item, node.kind === "list" ? pointerTo(member.pointer, index) : member.pointer);
      if (read_ !== undefined) items.push(read_);
    }
    return items;
  }

  /** Names keys without reading them: they are accepted and kept as they are. */
  accept(names: Iterable<string>): void {
    for (const name of names) this.#known.add(name);
  }

  /** Reports the keys that nothing asked for, and the fields that are missing. */
  finish(owner: string): void {
    for (const entry of this.node.entries) {
      if (this.context.full) return;
      if (this.#known.has(entry.key) || entry.key.startsWith("x-")) continue;
      const suggestion = nearestName(entry.key, this.#known);
      const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
      const member = { entry, node: entry.value, pointer: pointerTo(this.pointer, entry.key) };
      this.context.refuseKey(member, `unknown key "${entry.key}" in ${owner}${hint}`, suggestion);
      if (suggestion !== undefined) this.#missing.delete(suggestion);
    }
    for (const [name, where] of this.#missing) {
      this.context.report(
        pointerTo(this.pointer, name),
        this.context.locate.node(this.node),
        `${name} is required ${where}`,
      );
    }
  }
}

/** Drops members that are undefined, so that a definition is plain JSON. */
export function withoutUndefined<Shape extends object>(shape: Shape): Shape {
  for (const key of Object.keys(shape)) if (Reflect.get(shape, key) === undefined) Reflect.deleteProperty(shape, key);
  return shape;
}
