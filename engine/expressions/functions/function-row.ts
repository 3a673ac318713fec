import type { Json } from "../../json.ts";
import type { Run } from "../run.ts";

/** A parameter; required unless it has a default. `also` are other names it may be given by, as Jinja has them. */
export interface Parameter {
  name: string;
  /** What stands in for it when it is left out before one that is given; `apply` sees undefined when nothing follows. */
  default?: Json;
  also?: readonly string[];
  /** Given by name only. */
  keyword?: true;
}

/** Arguments in the order of the parameters; those left out at the end are not there. */
export type Arguments = readonly (Json | undefined)[];

/** A function, which is a filter as well: `f(a, b)` is `a | f(b)`. One row is all it takes to add one. */
export interface FunctionRow {
  name: string;
  summary: string;
  parameters: readonly Parameter[];
  /** Further positional arguments are accepted, and follow those of the parameters. */
  rest?: true;
  /** Its first argument may be missing even in a strict workflow. */
  looksAtMissing?: true;
  /** Reads the recorded time or the seed: never folded. */
  impure?: true;
  /** Levels of nesting it puts around its arguments. */
  nests?: number;
  /** Fails with ExpressionError; counts its work on `run` before doing it. */
  apply(args: Arguments, run: Run): Json;
}
