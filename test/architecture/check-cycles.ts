import { readImports } from "./read-imports.ts";
import type { SourceFile, Violation } from "./source-file.ts";

/** Groups of files that need each other's values before any of them is ready. Type-only imports make no cycle. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const values = readImports(file).filter((found) => found.relative && !found.typeOnly);
    graph.set(
      file.path,
      values.map((found) => found.target),
    );
  }
  const violations: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      const cycle = trail.slice(start);
      violations.push({ path, line: 1, message: `import cycle: ${[...cycle, path].join(" → ")}` });
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const next of graph.get(path) ?? []) if (graph.has(next)) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return violations;
}
