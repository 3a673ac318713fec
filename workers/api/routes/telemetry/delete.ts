import { telemetryDeleted } from "../../../../contracts/api/telemetry.ts";
import { deleteTelemetry } from "../../../services/telemetry/settings.ts";
import { endpoint } from "../../endpoint.ts";

export const remove = endpoint({
  method: "delete",
  path: "/telemetry",
  tag: "usage",
  summary: "End the export of traces and metrics",
  scope: "telemetry:write",
  answers: { 200: { description: "Ended", schema: telemetryDeleted } },
  refusals: ["NOT_FOUND"],
  async handle({ context }) {
    const gone = await deleteTelemetry(context);
    return gone.ok ? { status: 200, body: gone.value } : gone;
  },
});
