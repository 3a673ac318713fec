import { json, object, text } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `agent` (a reference or a manifest), `backend`, `budgets` (section 4). A manifest is checked where agents are read. */
export const agentFields = stepFields({
  kind: "agent",
  about: "Asks an agent; the output is its answer, its tool calls and its token usage.",
  types: ["agent"],
  tellingKeys: ["agent"],
  fields: {
    agent: json("The agent: a reference, or a manifest.", { required: true }),
    backend: text("Which backend runs the agent."),
    budgets: object("What the agent may use.", { also: ["budget"] }),
  },
  define: ({ agent, backend, budgets }) =>
    agent === undefined ? undefined : { kind: "agent", agent, backend, budgets },
});
