import { CONNECTOR_REFERENCE, connectorReferenceProblem } from "../../definition/connector-reference.ts";
import { name } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `connector` (or the older `plugin`) and `action` (or `operation`): section 3. */
export const actionFields = stepFields({
  kind: "action",
  about: "Calls an action of a connector.",
  types: ["action"],
  tellingKeys: ["connector", "plugin"],
  fields: {
    connector: name(
      "The connector: `connector:<namespace>/<name>@<version>` (the version may be a range or left out), or the slug of an installed one.",
      {
        also: ["plugin"],
        required: (owner) => `in ${owner}, unless its type says that it is another kind of step`,
        unfit: connectorReferenceProblem,
        pattern: `^\\s*${CONNECTOR_REFERENCE}\\s*$`,
      },
    ),
    action: name("The action of the connector.", { also: ["operation"], required: true }),
  },
  define: ({ connector, action }) =>
    connector === undefined || action === undefined ? undefined : { kind: "action", connector, action },
});
