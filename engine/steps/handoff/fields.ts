import type { BlockReader } from "../../definition/block-reader.ts";
import { readShape, type Shape } from "../../definition/field.ts";
import { list } from "../../definition/field-blocks.ts";
import { boolean, condition, json, template } from "../../definition/field-kinds.ts";
import { shapeSchema } from "../../definition/shape-schema.ts";
import { stepFields } from "../../definition/step-fields.ts";
import type { Json } from "../../json.ts";

const CHOICE = {
  fields: {
    condition: condition("This agent is chosen when it holds.", "logic"),
    agent: json("The agent: a reference, or a manifest."),
    default: json("The agent when no condition holds; it stands alone."),
  },
  between: [{ anyOf: [{ required: ["default"] }, { required: ["condition", "agent"] }] }],
} satisfies Shape;

/** `agent` or `selectAgent [{condition, agent} …, {default}]`, `reason, context, resumeAfter` (section 4). */
export const handoffFields = stepFields({
  kind: "handoff",
  about: "Hands over to an agent; the output is `{handoffTo, reason, agentResponse, conversationId}`.",
  types: ["handoff"],
  tellingKeys: ["selectAgent", "select_agent"],
  fields: {
    agent: template("Who takes over.", "logic"),
    selectAgent: list(
      "Who takes over, by conditions: the first that holds; `default` when none does.",
      {
        called: (owner) => ({ item: "each entry of selectAgent", inside: `selectAgent of ${owner}` }),
        schema: shapeSchema(CHOICE),
        read: readChoice,
      },
      { also: ["select_agent"] },
    ),
    reason: template("Why it is handed over.", "logic"),
    context: template("What the agent is told besides.", "logic"),
    resumeAfter: boolean("Whether the workflow goes on after the agent is done.", { also: ["resume_after"] }),
  },
  choices: [{ of: ["agent", "selectAgent"], exclusive: false }],
  define: (values) => ({ kind: "handoff", ...values }),
});

function readChoice(choice: BlockReader, called: string): Json | undefined {
  const { condition: chosen, agent, default: fallback } = readShape(choice, CHOICE, called);
  if (fallback === undefined && chosen === undefined) choice.missing("condition", `in ${called}`);
  if (fallback === undefined && agent === undefined) choice.missing("agent", `in ${called}`);
  choice.finish(called);
  if (fallback !== undefined) return { default: fallback };
  return chosen === undefined || agent === undefined ? undefined : { condition: chosen, agent };
}
