import { FILE_FIELDS } from "../definition/file-fields.ts";
import { WORKFLOW } from "../definition/read-workflow.ts";
import { has, shapeSchema } from "../definition/shape-schema.ts";
import type { JsonObject } from "../json.ts";
import { shareRepeated } from "./share-repeated.ts";
import { stepDefinitions } from "./step-schema.ts";

/**
 * JSON Schema of workflow files, for editors: made from the tables that the readers read by, so that it knows the same keys. It
 * says what the shape of a file must be; what needs an expression, another step or a connector is for `POST /workflows/validate`.
 * Draft-07, because the YAML language server validates and completes by that draft; nothing here needs a later one.
 */
export function workflowSchema(): JsonObject {
  const file = shapeSchema({ fields: FILE_FIELDS });
  return shareRepeated({
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Smartify Cloud workflows",
    description: "A file of workflows: `workflows: […]`, one `workflow: {…}`, or a bare workflow.",
    type: "object",
    if: has("workflows"),
    then: withMember(file, "workflows", {
      description: "The workflows of the file.",
      type: "array",
      minItems: 1,
      items: { $ref: "#/definitions/workflow" },
    }),
    else: {
      if: { properties: { workflow: { type: "object" } }, required: ["workflow"] },
      then: withMember(file, "workflow", { $ref: "#/definitions/workflow" }),
      else: { $ref: "#/definitions/bare_workflow" },
    },
    definitions: {
      workflow: named(shapeSchema(WORKFLOW)),
      bare_workflow: named(shapeSchema(WORKFLOW, FILE_FIELDS)),
      ...stepDefinitions(),
    },
  });
}

function withMember(file: JsonObject, name: string, schema: JsonObject): JsonObject {
  return { ...file, properties: { ...(file.properties as JsonObject), [name]: schema } };
}

/** A workflow has a name, or an id that stands for it. */
function named(workflow: JsonObject): JsonObject {
  const written = (key: string): JsonObject => ({ ...has(key), properties: { [key]: { not: { type: "null" } } } });
  const rules = Array.isArray(workflow.allOf) ? workflow.allOf : [];
  return { ...workflow, allOf: [...rules, { anyOf: [written("name"), written("id")] }] };
}
