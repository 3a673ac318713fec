import { compileCondition, compileTemplate } from "../expressions/index.ts";
import type { CompileResult } from "../expressions/types.ts";
import type { Json } from "../json.ts";
import { SOURCE_LIMITS } from "../source/limits.ts";
import type { Locator, Place } from "../source/locator.ts";
import { briefly, type Problem } from "../source/problem.ts";
import { type MapEntry, pointerTo, type ScalarNode, type SourceNode, toJson } from "../source/tree.ts";
import type { ExpressionField, ExpressionScope, ExpressionUse } from "./expression-use.ts";

/** A value of a map with everything needed to complain about it. */
export interface Member {
  entry: MapEntry;
  node: SourceNode;
  pointer: string;
}

/** What the readers of one workflow share: its problems, its places, its steps, and every expression that was found in it. */
export class ReadContext {
  readonly locate: Locator;
  readonly expressions: ExpressionUse[] = [];
  /** Pointer of every step by its id. */
  readonly steps = new Map<string, string>();
  readonly #problems: Problem[];
  readonly #reported = new Set<string>();

  constructor(locate: Locator, problems: Problem[]) {
    this.locate = locate;
    this.#problems = problems;
  }

  /** No further problem would be reported: looking for more is wasted. */
  get full(): boolean {
    return this.#problems.length >= SOURCE_LIMITS.problems;
  }

  /** Adds a problem; the same words at the same place only once. A place that takes looking for is only looked for when it is needed. */
  report(path: string, place: Place | (() => Place), message: string, suggestion?: string): void {
    const identity = `${path} ${message}`;
    if (this.full || this.#reported.has(identity)) return;
    this.#reported.add(identity);
    this.#problems.push({
      path,
      ...(typeof place === "function" ? place() : place),
      message: briefly(message),
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** A complaint about a value. */
  refuse(member: { node: SourceNode; pointer: string }, message: string, suggestion?: string): void {
    this.report(member.pointer, this.locate.node(member.node), message, suggestion);
  }

  /** A complaint about a key. */
  refuseKey(member: Member, message: string, suggestion?: string): void {
    this.report(member.pointer, this.locate.key(member.entry), message, suggestion);
  }

  /** A value whose texts may be templates, at any depth. Each is compiled here only to be checked; the plan compiles its own. */
  template(node: SourceNode, pointer: string, field: ExpressionField, scope: ExpressionScope): Json {
    if (node.kind === "scalar") {
      if (typeof node.value === "string" && /\{[{%#]/.test(node.value))
        this.#compiled(compileTemplate(node.value), node, pointer, field, scope);
      return node.value;
    }
    if (node.kind === "list")
      node.items.forEach((item, index) => this.template(item, pointerTo(pointer, index), field, scope));
    else for (const entry of node.entries) this.template(entry.value, pointerTo(pointer, entry.key), field, scope);
    return toJson(node);
  }

  /** A template, a bare expression or a literal (section 20). */
  condition(node: SourceNode, pointer: string, field: ExpressionField, scope: ExpressionScope): Json {
    if (node.kind !== "scalar") return this.template(node, pointer, field, scope);
    if (typeof node.value === "string") this.#compiled(compileCondition(node.value), node, pointer, field, scope);
    return node.value;
  }

  #compiled(
    result: CompileResult,
    node: ScalarNode,
    pointer: string,
    field: ExpressionField,
    scope: ExpressionScope,
  ): void {
    if (result.ok) {
      this.expressions.push({ field, scope, pointer, node, references: result.compiled.references });
      return;
    }
    for (const problem of result.problems)
      this.report(pointer, () => this.locate.inScalar(node, problem.offset), problem.message, problem.suggestion);
  }
}
