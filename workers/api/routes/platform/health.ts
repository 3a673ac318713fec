import * as z from "zod";
import { checkHealth } from "../../../services/health.ts";
import type { OpenEndpoint } from "../../endpoint.ts";

const health = z
  .strictObject({
    status: z.enum(["ok", "degraded", "unhealthy"]),
    version: z.string(),
    checks: z.record(z.string(), z.string()),
  })
  .meta({ id: "Health", example: { status: "ok", version: "0.1.0", checks: { database: "ok" } } });

export const healthz: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/healthz",
  tag: "platform",
  summary: "Health",
  description: "`degraded`: executions start and run, lists and publishing wait for Postgres.",
  answers: { 200: { description: "It answers", schema: health } },
  async handle({ ports }) {
    return { status: 200, body: await checkHealth(ports) };
  },
};
