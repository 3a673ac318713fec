import { boolean, oneOf, template } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `approvers, timeout, onTimeout, message, allow_self` (sections 4 and 20). */
export const approvalFields = stepFields({
  kind: "approval",
  about: "Waits until somebody approves or rejects; the output is `{decision, by, at, comment}`.",
  types: ["approval"],
  tellingKeys: ["approvers"],
  fields: {
    approvers: template("Roles that may decide; an empty list admits any key.", "logic", { required: true }),
    onTimeout: oneOf("What happens when nobody decided in time (reject).", ["reject", "allow", "escalate"] as const, {
      also: ["on_timeout"],
    }),
    message: template("What the approvers are told.", "logic"),
    allow_self: boolean("Whether who started the run may approve it.", { also: ["allowSelf"] }),
  },
  define: ({ approvers, onTimeout, message, allow_self: allowSelf }) =>
    approvers === undefined ? undefined : { kind: "approval", approvers, onTimeout, message, allowSelf },
});
