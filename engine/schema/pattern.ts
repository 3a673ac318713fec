import { runProgram } from "./pattern-machine.ts";
import { PatternCompiler, Unsupported } from "./pattern-program.ts";

const LONGEST_PATTERN = 1_000;

/** Texts up to this length may go to the engine's own matcher, where the pattern is simple. */
export const NATIVE_TEXT_LENGTH = 1_000;

export type CompiledPattern =
  | {
      ok: true;
      /** Undefined: the text is too long for a pattern of this size. */
      test: (text: string) => boolean | undefined;
      /** A backtracking engine needs at most the square of the text's length for it. */
      simple: boolean;
    }
  | { ok: false; message: string };

/**
 * A schema's `pattern` → a test; unanchored and in Unicode mode, as JSON Schema says. Patterns come from users and texts from
 * other users: whatever they are, the test's time is bounded. Simple patterns on short texts run natively, all others on a
 * machine that cannot backtrack.
 */
export function compilePattern(pattern: string): CompiledPattern {
  if (pattern.length > LONGEST_PATTERN) {
    return { ok: false, message: `a pattern must not be longer than ${LONGEST_PATTERN} characters` };
  }
  try {
    const native = new RegExp(pattern, "u");
    const compiler = new PatternCompiler(pattern);
    const program = compiler.compile();
    const anchored = pattern.startsWith("^") && !pattern.includes("|");
    const simple = compiler.repeatedGroups === 0 && compiler.looseRepeats + (anchored ? 0 : 1) <= 2;
    const test = (text: string): boolean | undefined =>
      simple && text.length <= NATIVE_TEXT_LENGTH ? native.test(text) : runProgram(program, text);
    return { ok: true, test, simple };
  } catch (error) {
    const message =
      error instanceof Unsupported ? error.message : `"${pattern.slice(0, 60)}" is not a regular expression`;
    return { ok: false, message };
  }
}
