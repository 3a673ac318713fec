import type { CompleteTaskBody, FailTaskBody } from "../../../contracts/api/tasks.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";

/** `{data}`, or a whole envelope, as the envelope that the service would have answered at once. */
export function envelopeOfCompletion(body: CompleteTaskBody): Json {
  const envelope: JsonObject = { ...plain(body), status: body.status ?? "success" };
  if (envelope.status === "success" && envelope.data === undefined) envelope.data = null;
  return envelope;
}

export function envelopeOfFailure(body: FailTaskBody): Json {
  return { ...plain(body), status: "error" };
}

/** A body that was parsed from JSON holds nothing else. */
function plain(body: object): JsonObject {
  return body as JsonObject;
}
