import { connectorReferenceProblem } from "../../definition/connector-reference.ts";
import type { StepFields } from "../../definition/step-fields.ts";

/** `connector` (or the older `plugin`) and `action` (or `operation`): section 3. */
export const actionFields: StepFields<"action"> = {
  kind: "action",
  types: ["action"],
  tellingKeys: ["connector", "plugin"],
  read(block, owner) {
    const member = block.member(["connector", "plugin"]);
    const connector = block.name(["connector", "plugin"]);
    const action = block.name(["action", "operation"]);
    if (member === undefined)
      block.missing("connector", `in ${owner}, unless its type says that it is another kind of step`);
    if (!block.has("action") && !block.has("operation")) block.missing("action", `in ${owner}`);
    if (member !== undefined && connector !== undefined) {
      const problem = connectorReferenceProblem(connector);
      if (problem !== undefined) block.context.refuse(member, problem);
    }
    return connector === undefined || action === undefined ? undefined : { kind: "action", connector, action };
  },
};
