import { telemetryBody, telemetryView } from "../../../../contracts/api/telemetry.ts";
import { putTelemetry } from "../../../services/telemetry/settings.ts";
import { endpoint } from "../../endpoint.ts";

export const put = endpoint({
  method: "put",
  path: "/telemetry",
  tag: "usage",
  summary: "Export traces and metrics",
  description:
    "To a collector that speaks OTLP/HTTP with JSON. A trace is sent when its execution has ended, metrics every minute. The collector's state never delays an execution.",
  scope: "telemetry:write",
  body: { kind: "json", schema: telemetryBody },
  answers: { 200: { description: "The setting", schema: telemetryView } },
  async handle({ context, body }) {
    const set = await putTelemetry(context, body);
    return set.ok ? { status: 200, body: set.value } : set;
  },
});
