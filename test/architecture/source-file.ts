import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A file of the tree as the checkers see it: its path from the root, with `/`, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

/** One broken rule, at one place. */
export interface Violation {
  path: string;
  line: number;
  message: string;
}

const SKIPPED = new Set(["node_modules", ".git", ".smartify", ".wrangler", "dist", "coverage", ".out", "results"]);
const SOURCE = /\.(ts|tsx|mts|mjs|js)$/;

/** Every file under `root`, by its path from there; generated and installed folders are left out. */
export function listFiles(root: string): string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.push(relative(root, path).replaceAll("\\", "/"));
    }
  };
  visit(root);
  return found.sort();
}

export function isSource(path: string): boolean {
  return SOURCE.test(path) && !path.endsWith(".d.ts");
}

/** The program text of the tree: what the import, name and length rules look at. */
export function readSources(root: string): SourceFile[] {
  return listFiles(root)
    .filter(isSource)
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** The line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
