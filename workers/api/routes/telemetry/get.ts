import { telemetryView } from "../../../../contracts/api/telemetry.ts";
import { getTelemetry } from "../../../services/telemetry/settings.ts";
import { endpoint } from "../../endpoint.ts";

export const get = endpoint({
  method: "get",
  path: "/telemetry",
  tag: "usage",
  summary: "Where traces and metrics are exported",
  scope: "telemetry:read",
  answers: { 200: { description: "The setting, without its headers' values", schema: telemetryView } },
  refusals: ["NOT_FOUND"],
  async handle({ context }) {
    const found = await getTelemetry(context);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
