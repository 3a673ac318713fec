import { migrateBody, migration } from "../../../../contracts/api/execution-acts.ts";
import { migrateExecution } from "../../../services/executions/migrate.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const migrate = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/migrate",
  tag: "executions",
  summary: "Go on with another version of the workflow",
  description:
    "A running, waiting or paused execution goes on with another published version. What it has done and begun must be the same there: 409 with `details.problems` where it is not, and nothing has happened. `dry_run` only reports. With an `Idempotency-Key`, once.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: migrateBody, limit: "payload_bytes" },
  answers: { 200: { description: "What it means, and whether it was done", schema: migration } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const done = await migrateExecution(context, params.id, body, key.value);
    return done.ok ? { status: 200, body: { execution_id: params.id, ...done.value } } : done;
  },
});
