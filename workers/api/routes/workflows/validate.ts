import { validateAnswer } from "../../../../contracts/api/workflows.ts";
import { validateWorkflows } from "../../../services/workflows/validate.ts";
import { documentEndpoint } from "../../endpoint.ts";

export const validate = documentEndpoint({
  method: "post",
  path: "/workflows/validate",
  tag: "workflows",
  summary: "Say what publishing would say",
  scope: "workflows:read",
  body: { kind: "document" },
  answers: { 200: { description: "What is wrong with it, if anything", schema: validateAnswer } },
  async handle({ context, body }) {
    return { status: 200, body: await validateWorkflows(context, body.text, body.format) };
  },
});
