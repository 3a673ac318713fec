import { startBody } from "../../../../contracts/api/executions.ts";
import { startExecution } from "../../../services/executions/start.ts";
import { documentEndpoint } from "../../endpoint.ts";
import { idempotencyHeaders, idempotencyKey } from "./idempotency-key.ts";
import { START_ANSWERS, startAnswer } from "./start-answer.ts";
import { startRequest } from "./start-request.ts";

export const start = documentEndpoint({
  method: "post",
  path: "/workflows/executions",
  tag: "executions",
  summary: "Start an execution",
  description:
    "A published workflow (`workflow`) or an inline one (`definition`). A YAML body is an inline definition; its inputs stand in the query or in a second document. `Idempotency-Key` is honoured for 24 hours.",
  scope: "executions:write",
  requestHeaders: idempotencyHeaders,
  query: "any",
  body: { kind: "document", schema: startBody, limit: "payload_bytes" },
  answers: START_ANSWERS,
  refusals: ["NOT_FOUND", "CONFLICT", "QUOTA_EXCEEDED"],
  async handle({ context, body, search, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const request = startRequest(body, search);
    if (!request.ok) return request;
    return startAnswer(
      await startExecution(context, {
        ...request.value,
        idempotencyKey: key.value,
        traceparent: header("traceparent"),
      }),
    );
  },
});
