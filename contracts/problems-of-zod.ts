import type * as z from "zod";
import { isObject } from "../engine/json.ts";
import { nearestName } from "../engine/source/nearest-name.ts";
import type { Problem } from "../engine/source/problem.ts";

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function memberNames(schema: z.ZodType): string[] {
  return "shape" in schema && isObject(schema.shape) ? Object.keys(schema.shape) : [];
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let at = root;
  for (const part of path)
    at = typeof at === "object" && at !== null && Object.hasOwn(at, part) ? Reflect.get(at, part) : undefined;
  return at;
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: "a list",
  object: "an object",
  record: "an object",
  int: "an integer",
};

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  const name = issue.path.length > 0 ? `"${issue.path.join(".")}"` : "The body";
  const value = valueAt(root, issue.path);
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined && issue.path.length > 0) return `${name} is required.`;
      return `${name} must be ${EXPECTED[issue.expected] ?? `a ${issue.expected}`}, not ${kindOf(value)}.`;
    case "invalid_value":
      return `${name} must be one of ${issue.values.map((it) => JSON.stringify(it)).join(", ")}.`;
    case "too_big":
      return `${name} must be at most ${issue.maximum}${issue.origin === "string" ? " characters long" : ""}.`;
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? `${name} must not be empty.`
        : `${name} must be at least ${issue.minimum}${issue.origin === "string" ? " characters long" : ""}.`;
    default:
      return issue.code === "custom" || issue.code === "invalid_format"
        ? `${name} ${issue.message}`
        : `${name} is not valid: ${issue.message}.`;
  }
}

/**
 * What is wrong with a JSON body or query, in the platform's own words: one problem for every unknown member (with the
 * nearest known name) and every wrong one, in the order in which they were found. `path` is a JSON pointer (section 20).
 */
export function problemsOfZod(error: z.ZodError, schema: z.ZodType, input: unknown): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code !== "unrecognized_keys") return [{ path: pointer(issue.path), message: describe(issue, input) }];
    const known = issue.path.length === 0 ? memberNames(schema) : [];
    return issue.keys.map((key) => {
      const suggestion = nearestName(key, known);
      const problem = {
        path: pointer([...issue.path, key]),
        message: `"${[...issue.path, key].join(".")}" is not a known field.`,
      };
      return suggestion === undefined ? problem : { ...problem, suggestion };
    });
  });
}
