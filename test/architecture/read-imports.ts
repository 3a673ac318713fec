import { posix } from "node:path";
import { parseSync } from "oxc-parser";
import { lineAt, type SourceFile } from "./source-file.ts";

export interface Import {
  /** A relative specifier as a path from the root (`engine/json.ts`), any other as it is written. */
  target: string;
  relative: boolean;
  /** Erased before it runs: it is an arrow between rooms, but never a cycle. */
  typeOnly: boolean;
  line: number;
}

/** What a file imports: statements, re-exports and `import("…")` with a literal. Throws for a file that does not parse. */
export function readImports(file: SourceFile): Import[] {
  const { module, errors } = parseSync(file.path, file.text);
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, offset: number): void => {
    const relative = specifier.startsWith(".");
    const target = relative ? posix.normalize(posix.join(posix.dirname(file.path), specifier)) : specifier;
    found.push({ target, relative, typeOnly, line: lineAt(file.text, offset) });
  };
  for (const statement of module.staticImports) {
    const erased = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    add(statement.moduleRequest.value, erased, statement.start);
  }
  for (const statement of module.staticExports) {
    const source = statement.entries[0]?.moduleRequest?.value;
    if (source === undefined) continue;
    add(
      source,
      statement.entries.every((entry) => entry.isType),
      statement.start,
    );
  }
  for (const call of module.dynamicImports) {
    const literal = /^["'`]([^"'`$]+)["'`]$/.exec(file.text.slice(call.moduleRequest.start, call.moduleRequest.end));
    if (literal?.[1] !== undefined) add(literal[1], false, call.start);
  }
  return found;
}
