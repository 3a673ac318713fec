import { JSONPathError, jsonpath } from "json-p3";
import { allSteps } from "../definition/child-blocks.ts";
import type { Rule } from "./rule.ts";

/** The expression of a `transform` in jsonpath is one: what cannot be parsed would fail every run (section 4). */
export const jsonpathSyntax: Rule = function* (workflow) {
  const { definition } = workflow;
  for (const step of allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])) {
    if (step.kind !== "transform" || step.language !== "jsonpath" || typeof step.expression !== "string") continue;
    const wrong = syntaxError(step.expression);
    if (wrong !== undefined) yield workflow.problemAt(step.id, "expression", `this is not a JSONPath: ${wrong}`);
  }
};

function syntaxError(path: string): string | undefined {
  if (path === "") return "it is empty";
  try {
    jsonpath.compile(path);
    return undefined;
  } catch (error) {
    // The library speaks of its own error classes only; anything else is a bug of its parser, met by input all the same.
    if (!(error instanceof JSONPathError)) return "it cannot be parsed";
    return error.message.replace(/ \('.*':(\d+)\)$/s, (_, index) => ` at character ${Number(index) + 1}`);
  }
}
