import { CONNECTOR_REFERENCE, connectorReferenceProblem } from "../../definition/connector-reference.ts";
import { duration, name, oneOf } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

const DAY_MS = 86_400_000;

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
    on_missing_connection: oneOf(
      "When the call's connection is missing, or has to be connected again: `fail`, or `wait` until somebody has opened the connect link.",
      ["fail", "wait"] as const,
    ),
    connection_timeout: duration("How long the step waits for its connection (24 hours, at most 30 days)."),
    action: name("The action of the connector.", { also: ["operation"], required: true }),
  },
  define: ({ connector, action, on_missing_connection, connection_timeout }) =>
    connector === undefined || action === undefined
      ? undefined
      : {
          kind: "action",
          connector,
          action,
          ...(on_missing_connection === "wait" ? { connectionWaitMs: connection_timeout ?? DAY_MS } : {}),
        },
});
