import { BANNED_NAMES, MAX_LINES } from "./rooms.ts";
import type { SourceFile, Violation } from "./source-file.ts";

/** Files that are too long, and files or folders whose names say nothing. */
export function checkFiles(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = [];
  for (const { path, text } of files) {
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    if (lines > MAX_LINES) violations.push({ path, line: lines, message: `${lines} lines, more than ${MAX_LINES}` });
    for (const segment of path.split("/")) {
      const name = segment.replace(/\..*$/, "");
      if (BANNED_NAMES.includes(name)) violations.push({ path, line: 1, message: `"${name}" names nothing` });
    }
  }
  return violations;
}
