import { parse, type Identifier, type Literal, type ModuleDeclaration, type Pattern, type Program } from "acorn";

/** What a module gives and takes, or where its syntax is wrong. Offsets are in UTF-16 units of its text. */
export type ParsedModule =
  | { ok: true; exports: ReadonlySet<string>; imports: { from: string; offset: number }[] }
  | { ok: false; message: string; offset: number; line: number; column: number };

/** Reads an ES module without running it. */
export function parseModule(text: string): ParsedModule {
  let program: Program;
  try {
    program = parse(text, { ecmaVersion: 2025, sourceType: "module", allowHashBang: false });
  } catch (error) {
    return syntaxProblem(error);
  }
  const exports = new Set<string>();
  const imports: { from: string; offset: number }[] = [];
  for (const node of program.body) {
    if ("source" in node && node.source && typeof node.source.value === "string")
      imports.push({ from: node.source.value, offset: node.source.start });
    for (const name of exportsOf(node)) exports.add(name);
  }
  return { ok: true, exports, imports };
}

function syntaxProblem(error: unknown): ParsedModule {
  if (!(error instanceof SyntaxError)) throw error;
  const { pos, loc } = error as SyntaxError & { pos?: number; loc?: { line: number; column: number } };
  const message = error.message.replace(/ \(\d+:\d+\)$/, "");
  return { ok: false, message, offset: pos ?? 0, line: loc?.line ?? 1, column: (loc?.column ?? 0) + 1 };
}

function exportsOf(node: Program["body"][number] | ModuleDeclaration): string[] {
  if (node.type === "ExportDefaultDeclaration") return ["default"];
  // `export * from`: what that brings, its own module says.
  if (node.type === "ExportAllDeclaration") return node.exported ? [nameOf(node.exported)] : ["*"];
  if (node.type !== "ExportNamedDeclaration") return [];
  const names = node.specifiers.map(({ exported }) => nameOf(exported));
  const { declaration } = node;
  if (!declaration) return names;
  if (declaration.type === "VariableDeclaration") return declaration.declarations.flatMap(({ id }) => boundNames(id));
  return [declaration.id.name];
}

function nameOf(node: Identifier | Literal): string {
  return node.type === "Identifier" ? node.name : String(node.value);
}

/** Names that `const { a, b } = …` and the like bind; those inside of patterns are found by running only, and count as anything. */
function boundNames(pattern: Pattern): string[] {
  return pattern.type === "Identifier" ? [pattern.name] : ["*"];
}
