import { type Node, parseSync } from "oxc-parser";
import { lineAt, type SourceFile, type Violation } from "./source-file.ts";

type Impurity = string | null;

/** Reads of a clock or of chance in files that must be pure (the engine without its tests). */
export function checkPurity(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    walk(parseSync(file.path, file.text).program, (node) => {
      const impurity = impurityOf(node);
      if (impurity !== null)
        violations.push({ path: file.path, line: lineAt(file.text, node.start), message: impurity });
    });
  }
  return violations;
}

function impurityOf(node: Node): Impurity {
  if (node.type === "MemberExpression" && node.object.type === "Identifier" && node.property.type === "Identifier") {
    const name = `${node.object.name}.${node.property.name}`;
    if (name === "Date.now" || name === "Math.random") return `${name}: the engine is given its time and its ids`;
  }
  const bare = node.type === "CallExpression" || (node.type === "NewExpression" && node.arguments.length === 0);
  if (bare && node.callee.type === "Identifier" && node.callee.name === "Date") {
    return "the current date: the engine is given its time";
  }
  return null;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}
