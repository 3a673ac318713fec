import type { Json } from "../json.ts";
import type { Code, Reader } from "./code.ts";
import { Compilation } from "./compilation.ts";
import { compileBare, compileText } from "./compile-text.ts";
import { compileTree } from "./compile-tree.ts";
import { limitError } from "./limits.ts";
import { type Read, Run } from "./run.ts";
import type { Compiled, CompileResult, Reference, Scope } from "./types.ts";
import { plain, truthy } from "./values.ts";

/** What a place adds to the language. */
export interface CompileOptions {
  /** Further roots that the scope of this place has. */
  locals?: readonly string[];
}

/** Compiles text with `{{ }}`, `{% for/if/set/raw %}` and `{# #}`; exactly one `{{ expression }}` keeps its value's type (section 6). */
export function compileTemplate(source: string, options: CompileOptions = {}): CompileResult {
  return compiled(options, (compilation) => compileText(compilation, source));
}

/** Compiles a bare expression. */
export function compileExpression(source: string, options: CompileOptions = {}): CompileResult {
  return compiled(options, (compilation) => compileBare(compilation, source));
}

/**
 * Compiles a `condition`, `when`, `items`, `for_each`, `until` or a value of `set` (section 20): a text with `{{` or `{%` is a
 * template, any other text a bare expression, and a YAML literal is itself.
 */
export function compileCondition(source: Json, options: CompileOptions = {}): CompileResult {
  if (typeof source !== "string") return compileValue(source, options);
  return source.includes("{{") || source.includes("{%")
    ? compileTemplate(source, options)
    : compileExpression(source, options);
}

/** Compiles a tree whose texts may be templates; problems and references have the pointer of their text. */
export function compileValue(source: Json, options: CompileOptions = {}): CompileResult {
  return compiled(options, (compilation) => compileTree(compilation, source, "", 0));
}

function compiled(options: CompileOptions, compile: (compilation: Compilation) => Code): CompileResult {
  const compilation = new Compilation(options.locals ?? []);
  const code = compile(compilation);
  if (compilation.problems.length > 0) return { ok: false, problems: compilation.problems };
  return { ok: true, compiled: new Program(code, compilation) };
}

class Program implements Compiled {
  readonly constant: boolean;
  readonly references: readonly Reference[];
  private readonly read: Reader;
  private readonly slots: number;
  private readonly secretive: boolean;

  constructor(code: Code, compilation: Compilation) {
    this.read = code.read;
    this.references = compilation.references;
    this.constant = compilation.references.length === 0 && !compilation.impure;
    this.slots = compilation.bindings.count;
    this.secretive = compilation.references.some(({ root }) => root === "secrets");
  }

  evaluate(scope: Scope): Json {
    return this.run(scope, plain);
  }

  test(scope: Scope): boolean {
    return this.run(scope, truthy);
  }

  private run<T>(scope: Scope, as: (read: Read) => T): T {
    const run = new Run(scope, this.slots, this.secretive);
    try {
      return as(this.read(run));
    } catch (error) {
      throw asExpressionError(error);
    } finally {
      scope.worked?.(run.spent);
    }
  }
}

/** A host's stack may be shorter than the depth that data may have. */
function asExpressionError(error: unknown): unknown {
  return error instanceof RangeError ? limitError("depth") : error;
}
