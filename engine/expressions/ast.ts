import type { Json } from "../json.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

/** A member or an index: written out, or computed. */
export type PathKey = { fixed: string | number } | { computed: Expression };

export interface Argument {
  /** The keyword, when one was written. */
  name?: string;
  value: Expression;
  offset: number;
}

export interface Call {
  name: string;
  offset: number;
  args: Argument[];
}

/** Chains of equal rank are lists, not towers: a long sum is wide, only brackets are deep. */
export type Expression =
  | { kind: "literal"; value: Json }
  | { kind: "name"; name: string; offset: number }
  | { kind: "list"; items: Expression[] }
  | { kind: "map"; entries: { key: Expression; value: Expression; offset: number }[] }
  | { kind: "path"; base: Expression; keys: PathKey[] }
  | { kind: "call"; call: Call }
  | { kind: "pipe"; base: Expression; calls: Call[] }
  | { kind: "negate"; operand: Expression }
  | { kind: "not"; operand: Expression }
  | { kind: "arithmetic"; first: Expression; rest: { operator: ArithmeticOperator; operand: Expression }[] }
  | { kind: "join"; parts: Expression[] }
  | { kind: "compare"; first: Expression; rest: { operator: CompareOperator; operand: Expression }[] }
  | { kind: "test"; operand: Expression; name: string; offset: number; negated: boolean; argument?: Expression }
  | { kind: "logic"; operator: "and" | "or"; operands: Expression[] }
  | { kind: "choice"; condition: Expression; then: Expression; otherwise: Expression };

export interface Binding {
  name: string;
  offset: number;
}

export type Statement =
  | { kind: "text"; text: string }
  | { kind: "output"; value: Expression }
  | { kind: "set"; target: Binding; value: Expression }
  | { kind: "if"; branches: { condition: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | { kind: "for"; targets: Binding[]; items: Expression; body: Statement[]; otherwise: Statement[] };
