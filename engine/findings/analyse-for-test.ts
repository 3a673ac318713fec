import type { PinnedAction, Pins } from "../connector.ts";
import { pinKey } from "../connector.ts";
import { allSteps } from "../definition/child-blocks.ts";
import { readWorkflows } from "../definition/read-workflows.ts";
import type { PlanSource } from "../plan/types.ts";
import { type Analysis, analyse } from "./analyse.ts";

/** What a test's actions are pinned to, by the action's name; those not named have no schema. */
export type TestPins = Readonly<Record<string, Partial<PinnedAction>>>;

/** Reads a workflow that must be valid, pins its actions, and analyses it. */
export function analysed(text: string, pins: TestPins = {}, workflows?: PlanSource["workflows"]): Analysis {
  const { workflows: read, problems } = readWorkflows(text, "yaml", { name: "test" });
  const [workflow] = read;
  if (workflow === undefined || problems.length > 0) throw new Error(problems.map(({ message }) => message).join("; "));
  const { definition } = workflow;
  return analyse(workflow, { definition, pins: pinsOf(definition, pins), ...(workflows ? { workflows } : {}) });
}

/** The source of a workflow that another one calls. */
export function sourceOf(text: string): PlanSource {
  const [workflow] = readWorkflows(text, "yaml").workflows;
  if (workflow === undefined) throw new Error("no workflow");
  return { definition: workflow.definition, pins: pinsOf(workflow.definition, {}) };
}

/** Findings as short lines, with the words that stand at their place: `warning unknown-member steps.a.x`. */
export function found(text: string, pins?: TestPins): string[] {
  const lines = text.split("\n");
  return analysed(text, pins).findings.map(({ severity, code, line = 0, column = 0 }) => {
    const there = lines[line - 1]?.slice(column - 1) ?? "";
    return `${severity} ${code} ${/^\S[\w.]*/.exec(there)?.[0]}`;
  });
}

function pinsOf(definition: PlanSource["definition"], given: TestPins): Pins {
  const pins: Pins = {};
  for (const step of allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])) {
    if (step.kind !== "action") continue;
    pins[pinKey(step.connector, step.action)] = {
      namespace: "test",
      connector: step.connector,
      version: "1.0.0",
      action: step.action,
      plugin: "http",
      idempotent: true,
      handler: {},
      ...given[step.action],
    };
  }
  return pins;
}
