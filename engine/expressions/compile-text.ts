import { type Code, literal } from "./code.ts";
import type { Compilation } from "./compilation.ts";
import { compileNode } from "./compile-expression.ts";
import { compileStatements } from "./compile-template.ts";
import { tokenize } from "./lexer.ts";
import { ExpressionParser } from "./parse-expression.ts";
import { parseTemplate } from "./parse-template.ts";
import { SourceProblem } from "./source-problem.ts";

/** Compiles text that may be a template. One that is exactly one `{{ expression }}` gives its value, not text. */
export function compileText(compilation: Compilation, source: string): Code {
  compilation.source = source;
  if (!/\{[{%#]/.test(source)) return literal(source);
  const before = compilation.problems.length;
  const { statements, single, problems } = parseTemplate(source);
  for (const problem of problems) compilation.report(problem);
  const only = statements[0];
  const typed = single && statements.length === 1 && only?.kind === "output";
  const code = typed ? compileNode(compilation, only.value) : compileStatements(compilation, statements);
  compilation.sortProblems(before);
  return code;
}

/** Compiles a bare expression. */
export function compileBare(compilation: Compilation, source: string): Code {
  compilation.source = source;
  try {
    return compileNode(compilation, new ExpressionParser(tokenize(source, 0, "").tokens, 0).whole());
  } catch (problem) {
    if (!(problem instanceof SourceProblem)) throw problem;
    compilation.report(problem.problem);
    return literal(null);
  }
}
