import type { StepDefinition } from "../definition/types.ts";
import type { JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { type PlanSource, subworkflowKey } from "../plan/types.ts";
import { isLoop } from "./step-places.ts";
import type { Outline } from "./outline.ts";

const ANY: JsonObject = {};
const TEXT: JsonObject = { type: ["string", "null"] };
const NUMBER: JsonObject = { type: "number" };
const COUNT: JsonObject = { type: "integer" };
const TRUTH: JsonObject = { type: "boolean" };

function closed(properties: JsonObject): JsonObject {
  return { type: "object", properties, additionalProperties: false };
}

/** `steps.<id>.error`. */
export const ERROR_SCHEMA = closed({ message: TEXT, code: TEXT, details: { type: "object" } });

/** What `steps.<id>.output` of a step holds, as far as its kind (section 4) or its pinned action says. */
export function stepOutputSchema(outline: Outline, step: StepDefinition): JsonObject | undefined {
  const one = ownOutput(outline, step);
  return isLoop(step) && step.forEach !== undefined ? { type: "array", items: one ?? ANY } : one;
}

function ownOutput(outline: Outline, step: StepDefinition): JsonObject | undefined {
  switch (step.kind) {
    case "action":
      return outline.pinOf(step)?.output;
    case "subworkflow":
      return closed({ outputs: declaredOutputs(outline.source, step) ?? ANY, execution_id: TEXT });
    case "if":
      return closed({ branch: TEXT, conditionResult: TRUTH });
    case "switch":
      return closed({ case: TEXT, matchedValue: ANY });
    case "forEach":
      return closed({ results: { type: "array" }, successCount: COUNT, errorCount: COUNT, totalCount: COUNT });
    case "parallel": {
      const result = closed({ status: TEXT, output: ANY, error: ANY });
      const branches = closed(Object.fromEntries(Object.keys(step.branches).map((name) => [name, result])));
      return closed({ branches, completedCount: COUNT, errorCount: COUNT, joinStrategy: TEXT });
    }
    case "wait":
      return closed({ waitType: TEXT, waitedFor: NUMBER, eventReceived: ANY, timedOut: TRUTH });
    case "try":
      return closed({ status: TEXT, attempts: COUNT, output: ANY, error: ANY });
    case "transform":
      return closed({ result: step.language === "jsonpath" ? { type: "array" } : ANY });
    case "handoff":
      return closed({ handoffTo: TEXT, reason: TEXT, agentResponse: ANY, conversationId: TEXT });
    case "approval":
      return closed({ decision: TEXT, by: TEXT, at: TEXT, comment: TEXT });
    case "output":
      return closed({ value: ANY });
    case "agent":
    case "parallel_list":
      return undefined;
    default:
      return step satisfies never;
  }
}

function declaredOutputs(source: PlanSource, step: { workflow: string; version?: string }): JsonObject | undefined {
  const child = calledWorkflow(source, step);
  return child && closed(Object.fromEntries(Object.keys(child.definition.outputs).map((name) => [name, ANY])));
}

/** The workflow that a subworkflow step was pinned to. */
export function calledWorkflow(
  source: PlanSource,
  step: { workflow: string; version?: string },
): PlanSource | undefined {
  const pinned = source.workflows?.[subworkflowKey(step)];
  return pinned === "self" ? source : pinned;
}

/** The members that a schema of an object names. */
export function memberSchemas(schema: JsonObject): JsonObject {
  return isObject(schema.properties) ? schema.properties : {};
}
