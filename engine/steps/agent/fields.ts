import type { StepFields } from "../../definition/step-fields.ts";

/** `agent` (a reference or a manifest), `backend`, `budgets` (section 4). A manifest is checked where agents are read. */
export const agentFields: StepFields<"agent"> = {
  kind: "agent",
  types: ["agent"],
  tellingKeys: ["agent"],
  read(block, owner) {
    const agent = block.json(["agent"]);
    const backend = block.text(["backend"]);
    const budgets = block.object(["budgets", "budget"]);
    if (agent === undefined) block.missing("agent", `in ${owner}`);
    return agent === undefined ? undefined : { kind: "agent", agent, backend, budgets };
  },
};
