import type { StepFields } from "../../definition/step-fields.ts";

/** `approvers, timeout, onTimeout, message, allow_self` (sections 4 and 20). */
export const approvalFields: StepFields<"approval"> = {
  kind: "approval",
  types: ["approval"],
  tellingKeys: ["approvers"],
  read(block, owner) {
    const approvers = block.template(["approvers"], "logic");
    if (approvers === undefined) block.missing("approvers", `in ${owner}`);
    const onTimeout = block.oneOf(["onTimeout", "on_timeout"], ["reject", "allow", "escalate"] as const);
    const message = block.template(["message"], "logic");
    const allowSelf = block.boolean(["allow_self", "allowSelf"]);
    return approvers === undefined ? undefined : { kind: "approval", approvers, onTimeout, message, allowSelf };
  },
};
