import type { StepDefinition } from "../definition/types.ts";
import type { Compiled } from "../expressions/types.ts";
import type { Json } from "../json.ts";

/** How the plan compiles what a file holds. */
export interface PartCompiler {
  /** A value with templates in it. */
  value(source: Json): Compiled;
  /** A template, a bare expression or a literal. */
  condition(source: Json): Compiled;
}

/** What the fields of a kind compile to; behaviours look them up by these names. */
export function compileParts(step: StepDefinition, compiler: PartCompiler): Record<string, Compiled> {
  const parts: Record<string, Compiled> = {};
  const value = (name: string, source: Json | undefined): void => {
    if (source !== undefined) parts[name] = compiler.value(source);
  };
  switch (step.kind) {
    case "if":
      parts.test = compiler.condition(step.test);
      break;
    case "switch":
    case "output":
      value("value", step.value);
      break;
    case "forEach":
      parts.items = compiler.condition(step.items);
      break;
    case "wait":
      value("duration", step.duration);
      for (const [name, source] of Object.entries(step.until ?? {})) value(name, source);
      break;
    case "transform":
      if (step.language === "template") value("expression", step.expression);
      break;
    case "approval":
      value("approvers", step.approvers);
      value("message", step.message);
      break;
    case "handoff":
      value("agent", step.agent);
      value("reason", step.reason);
      value("context", step.context);
      for (const [index, choice] of (step.selectAgent ?? []).entries()) {
        const condition =
          typeof choice === "object" && choice !== null && "condition" in choice ? choice.condition : null;
        if (condition !== null) parts[`choice/${index}`] = compiler.condition(condition);
      }
      break;
    case "action":
    case "parallel_list":
    case "parallel":
    case "try":
    case "subworkflow":
    case "agent":
      break;
    default:
      step satisfies never;
  }
  return parts;
}
