import type { Reference } from "../expressions/types.ts";
import type { ScalarNode } from "../source/tree.ts";

/**
 * What may hold a template. `secrets` may stand only in `input` (where the action's schema decides); `default` is evaluated
 * before a run exists.
 */
export type ExpressionField =
  | "condition"
  | "for_each"
  | "input"
  | "connection"
  | "cache"
  | "set"
  | "keep"
  | "logic"
  | "output"
  | "default"
  | "concurrency"
  | "trigger"
  | "edge"
  | "until";

/** Where an expression stands: which step, and which roots have a meaning there. */
export interface ExpressionScope {
  /** The step whose field it is; absent for the workflow's own fields. */
  stepId?: string;
  /** Inside an iteration: `item`, `index`, `isFirst`, `isLast` have a value. */
  loop: boolean;
  /** In a node of a graph: `state` and `graph` have a value. */
  graph: boolean;
}

/** One template or expression of a file that compiled, with its static references and its place. */
export interface ExpressionUse {
  field: ExpressionField;
  scope: ExpressionScope;
  /** JSON pointer in the file. */
  pointer: string;
  node: ScalarNode;
  references: readonly Reference[];
}
