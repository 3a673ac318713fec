import type { Json } from "../../engine/json.ts";

/** Members whose values differ from call to call. */
const VARYING = new Set([
  ...[
    "id",
    "ts",
    "html_url",
    "headers",
    "etag",
    "last_modified",
    "url",
    "expires_at",
    "embedding",
    "sealed",
    "token",
    "sha",
  ],
  ...[
    "webhook-timestamp",
    "webhook-signature",
    "rowCount",
    "fields",
    "message",
    "usage",
    "channel",
    "last_event",
    "profile",
    "owned_by",
    "next_cursor",
  ],
]);

/** Where an output is not as its example shows it: values that vary need only be of the same type, and more members may be there. */
export function differences(shown: Json, found: Json | undefined, path = ""): string[] {
  const name = path.split("/").at(-1) ?? "";
  if (VARYING.has(name))
    return typeof shown === typeof found ? [] : [`${path} is ${typeof found}, not ${typeof shown}`];
  if (Array.isArray(shown)) {
    if (!Array.isArray(found) || found.length < shown.length) return [`${path} is no list of ${shown.length}`];
    return shown.flatMap((item, index) => differences(item, found[index], `${path}/${index}`));
  }
  if (typeof shown === "object" && shown !== null) {
    if (typeof found !== "object" || found === null || Array.isArray(found)) return [`${path} is no map`];
    return Object.entries(shown).flatMap(([key, item]) => differences(item, found[key], `${path}/${key}`));
  }
  return Object.is(shown, found) ? [] : [`${path} is ${JSON.stringify(found)}, not ${JSON.stringify(shown)}`];
}
