const LONGEST_PATTERN = 1_000;

export type CompiledPattern = { ok: true; test: (text: string) => boolean } | { ok: false; message: string };

/** A schema's `pattern` → a test; unanchored and in Unicode mode, as JSON Schema says. */
export function compilePattern(pattern: string): CompiledPattern {
  if (pattern.length > LONGEST_PATTERN)
    return { ok: false, message: `a pattern must not be longer than ${LONGEST_PATTERN} characters` };
  try {
    const expression = new RegExp(pattern, "u");
    return { ok: true, test: (text) => expression.test(text) };
  } catch {
    return { ok: false, message: `"${pattern.slice(0, 60)}" is not a regular expression` };
  }
}
