import type { Json } from "../json.ts";

/**
 * A secret inside a value, as a marked value: a small expression tree over named secrets that only a plugin Worker
 * reveals, at the moment of the outgoing request. It is JSON, so it can be stored and sent; it never holds the secret.
 * `{"$secret": {"name": "API_TOKEN"}}` or `{"$secret": {"fn": "concat", "args": ["Bearer ", {"$secret": …}]}}`.
 * `fn` is `concat` or the name of an expression function; it is applied to the revealed arguments.
 */
export interface SecretValue {
  $secret: { name: string } | { fn: string; args: Json[] };
}

/** A value an expression works on. Marked secrets travel as `SecretValue` objects inside JSON. */
export type Value = Json;

/**
 * A root or member whose content is looked up only when it is read (`steps`, a step, a stored output).
 * The evaluator treats it as a map; `json()` is called when it is printed, compared, filtered or returned whole.
 */
export abstract class LazyMap {
  /** The member, or undefined when it is missing. May itself be lazy. */
  abstract get(name: string): Value | LazyMap | undefined;
  abstract json(): Json;
  /** What it reads as when it is put into text; undefined: its JSON. (A step's error reads as its message.) */
  text(): string | undefined {
    return undefined;
  }
}

/** What an evaluation may look at and where its non-pure-looking functions get their (recorded) values. */
export interface Scope {
  /** The root (`inputs`, `steps`, `item`, …); undefined when this scope has no such root (reads as null). */
  root(name: string): Value | LazyMap | undefined;
  /** Milliseconds since the epoch of the transition that evaluates: what `now` and `today` read. */
  readonly now: number;
  /** Seed of `uuid()`: run id and step path. The nth call within one evaluation derives the nth id. */
  readonly seed: string;
  /** A missing member is an error that names it (`strict: true` on the workflow). */
  readonly strict: boolean;
  /** Told what each evaluation cost, in operations, when it is over: so that many of them can be bounded together. */
  worked?(operations: number): void;
}

/** A dotted reference that an expression makes, as far as it is static: `steps.fetch.output` → root + path. */
export interface Reference {
  root: string;
  path: string[];
  /** Offset of the reference in the source text that was compiled. */
  offset: number;
  /** JSON pointer of the text inside the tree that `compileValue` was given; absent for a single text. */
  pointer?: string;
}

/** A compiled template, expression or tree of templates. Compiled once per plan, evaluated often. */
export interface Compiled {
  /** No references and no impure-looking functions: `evaluate` always gives the same value. */
  readonly constant: boolean;
  readonly references: readonly Reference[];
  /** Evaluates. Throws `ExpressionError` (code VALIDATION) and nothing else. Result is plain JSON, never lazy. */
  evaluate(scope: Scope): Json;
  /** Jinja truth of `evaluate`: null, false, 0, empty text, list or map are false. */
  test(scope: Scope): boolean;
}

/** A problem of an expression's text. `offset` counts UTF-16 units from the start of the compiled source. */
export interface ExpressionProblem {
  offset: number;
  length: number;
  message: string;
  suggestion?: string;
  /** JSON pointer of the text inside the tree that `compileValue` was given; absent for a single text. */
  pointer?: string;
}

export type CompileResult = { ok: true; compiled: Compiled } | { ok: false; problems: ExpressionProblem[] };
