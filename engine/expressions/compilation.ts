import { nearestName } from "../source/nearest-name.ts";
import { Bindings } from "./bindings.ts";
import { type Code, literal } from "./code.ts";
import { LIMITS } from "./limits.ts";
import { ROOTS } from "./roots.ts";
import { Run } from "./run.ts";
import type { ExpressionProblem, Reference } from "./types.ts";

/** What folding may cost over one whole source: enough for literals, nothing to be abused. */
const FOLDING = { operations: 10_000, text_bytes: 65_536 };
const NOTHING = { root: () => undefined, now: 0, seed: "", strict: true };
const MOST_PROBLEMS = 100;

/** What is found out while one source is compiled. */
export class Compilation {
  readonly bindings = new Bindings();
  readonly references: Reference[] = [];
  readonly problems: ExpressionProblem[] = [];
  /** Something recorded is read: `now`, `today`, `uuid`. */
  impure = false;
  /** The text in hand, and where it stands in the tree that is being compiled. */
  source = "";
  pointer: string | undefined;
  private readonly extraRoots: readonly string[];
  private readonly foldingRun = new Run(NOTHING, 0, true, FOLDING.operations, FOLDING.text_bytes);

  constructor(extraRoots: readonly string[]) {
    this.extraRoots = extraRoots;
  }

  isRoot(name: string): boolean {
    return ROOTS.has(name) || this.extraRoots.includes(name);
  }

  refer(root: string, path: string[], offset: number): void {
    this.references.push(
      this.pointer === undefined ? { root, path, offset } : { root, path, offset, pointer: this.pointer },
    );
  }

  report(problem: ExpressionProblem): void {
    if (this.problems.length < MOST_PROBLEMS)
      this.problems.push(this.pointer === undefined ? problem : { ...problem, pointer: this.pointer });
  }

  /** Reports a name that means nothing, with the nearest that does. */
  unknown(name: string, offset: number, message: string, candidates: Iterable<string>): void {
    const suggestion = this.problems.length < MOST_PROBLEMS ? nearestName(name, candidates) : undefined;
    this.report({ offset, length: name.length, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  /** Puts the problems that were reported since there were `before` into the order of the text. */
  sortProblems(before: number): void {
    this.problems.push(...this.problems.splice(before).sort((a, b) => a.offset - b.offset));
  }

  rootNames(): string[] {
    return [...this.bindings.names(), ...ROOTS.keys(), ...this.extraRoots];
  }

  /** Evaluates a constant node now. One that fails is left to fail at run time, as it would anywhere. */
  fold(code: Code, offset: number): Code {
    if (code.depth > LIMITS.depth) {
      this.report({ offset, length: 1, message: `The value is nested more than ${LIMITS.depth} levels deep` });
      return literal(null);
    }
    if (!code.constant || code.folded !== undefined) return code;
    try {
      return literal(code.read(this.foldingRun), code.depth);
    } catch {
      return code;
    }
  }
}
