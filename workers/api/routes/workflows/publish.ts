import { publishAnswer } from "../../../../contracts/api/workflows.ts";
import { publishWorkflows } from "../../../services/workflows/publish.ts";
import { documentEndpoint } from "../../endpoint.ts";

export const publish = documentEndpoint({
  method: "post",
  path: "/workflows",
  tag: "workflows",
  summary: "Publish workflows",
  description:
    "YAML or JSON; a document may hold several: all are published, or none. A published version never changes: publishing it again is a CONFLICT whose `details.same_content` says whether the two are equal.",
  scope: "workflows:write",
  body: {
    kind: "document",
    example:
      'workflow:\n  name: hello\n  steps:\n    - id: sum\n      connector: connector:community/calculator\n      action: add\n      input: {a: 1, b: 2}\n  outputs:\n    sum: "{{ steps.sum.output.result }}"\n',
  },
  answers: { 201: { description: "Published", schema: publishAnswer } },
  refusals: ["CONFLICT"],
  async handle({ context, body }) {
    const published = await publishWorkflows(context, body.text, body.format);
    if (!published.ok) return published;
    const { url } = published.value;
    return { status: 201, body: published.value, ...(url === undefined ? {} : { headers: { location: url } }) };
  },
});
