import type { JsonObject } from "../../../../engine/json.ts";

const MOST_MESSAGE_CHARS = 2_000;
const MOST_DETAILS_CHARS = 16_384;

/** What may be said of something that was thrown: its message, and code and details where it has them. Never its stack. */
export function describeError(error: unknown): { message: string; code?: string; details?: JsonObject } {
  try {
    if (typeof error !== "object" || error === null) return { message: String(error).slice(0, MOST_MESSAGE_CHARS) };
    const name = Reflect.get(error, "name");
    const text = String(Reflect.get(error, "message") ?? "");
    const plain = name === "Error" || typeof name !== "string" ? text : `${name}: ${text}`;
    const code = Reflect.get(error, "code");
    const details = Reflect.get(error, "details");
    const written = details === undefined ? "" : JSON.stringify(details);
    return {
      message: plain.slice(0, MOST_MESSAGE_CHARS),
      ...(typeof code === "string" ? { code } : {}),
      ...(typeof written === "string" && written !== "" && written.length <= MOST_DETAILS_CHARS
        ? { details: JSON.parse(written) as JsonObject }
        : {}),
    };
  } catch {
    return { message: "something was thrown that cannot be described" };
  }
}
