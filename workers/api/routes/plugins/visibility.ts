import { visibilityAnswer, visibilityBody } from "../../../../contracts/api/connectors.ts";
import { changeVisibility } from "../../../services/connectors/visibility.ts";
import { ofVersion } from "./both-families.ts";

export const visibility = ofVersion(
  "/visibility",
  {
    method: "put",
    tag: "connectors",
    summary: "Show a version to everybody, or hide it",
    description: "To `private` only while no other tenant has it installed or pinned in a published workflow.",
    scope: "connectors:write",
    body: { kind: "json", schema: visibilityBody },
    answers: { 200: { description: "As it is now", schema: visibilityAnswer } },
    refusals: ["NOT_FOUND", "FORBIDDEN", "CONFLICT"],
  },
  async (slug, version, { context, body }) => {
    const done = await changeVisibility(context, slug, version, body.visibility);
    return done.ok ? { status: 200, body: done.value } : done;
  },
);
