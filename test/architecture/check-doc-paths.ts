import type { SourceFile, Violation } from "./source-file.ts";

/** What a document may name besides files: what git ignores, and folders that a later issue builds. */
const ABSENT = [".smartify", "node_modules"];
const PATH = /^(?:\.\/)?[\w.@-]+(?:\/[\w.@-]+)*\/?$/;
const FILE_NAME = /\.(ts|mjs|json|toml|md|yaml|sql)$/;

/**
 * Paths and npm scripts that a document names and the tree does not have. A path is a link's target, or text in
 * backticks that begins with a top-level folder of the tree or ends like a file; placeholders (`<noun>`, `*`, `…`) are not.
 */
export function checkDocPaths(
  documents: readonly SourceFile[],
  paths: readonly string[],
  scripts: readonly string[],
): Violation[] {
  const known = new Set(paths.flatMap((path) => prefixes(path)));
  const top = new Set(paths.filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
  const violations: Violation[] = [];
  for (const { path, text } of documents) {
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
    for (const [index, content] of text.split("\n").entries()) {
      const line = index + 1;
      for (const [, script] of content.matchAll(/npm run ([\w:-]+)/g)) {
        if (!scripts.includes(script ?? "")) violations.push({ path, line, message: `no npm script "${script}"` });
      }
      for (const name of namedPaths(content, top)) {
        const clean = name.replace(/^\.\//, "").replace(/\/$/, "");
        if (known.has(clean) || known.has(resolve(folder + clean))) continue;
        if (ABSENT.some((ignored) => clean === ignored || clean.startsWith(`${ignored}/`))) continue;
        violations.push({ path, line, message: `${name} does not exist` });
      }
    }
  }
  return violations;
}

function namedPaths(line: string, top: ReadonlySet<string | undefined>): string[] {
  const found: string[] = [];
  for (const [, target] of line.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (target !== undefined && !/^[a-z]+:/.test(target)) found.push(target);
  }
  for (const [, token] of line.matchAll(/`([^`]+)`/g)) {
    if (token === undefined || !PATH.test(token) || token.startsWith("@")) continue;
    const inTree = token.includes("/") && top.has(token.replace(/^\.\//, "").split("/")[0]);
    if (inTree || (token.includes("/") && FILE_NAME.test(token))) found.push(token);
  }
  return found;
}

function prefixes(path: string): string[] {
  const segments = path.split("/");
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}

/** `docs/guide/../design/x.md` → `docs/design/x.md` */
function resolve(path: string): string {
  const out: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") out.pop();
    else if (segment !== ".") out.push(segment);
  }
  return out.join("/");
}
