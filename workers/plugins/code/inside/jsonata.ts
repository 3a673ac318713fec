import jsonata from "jsonata";
import { answering } from "./answering.ts";
import { Refusal } from "./refusal.ts";

/** Evaluates a JSONata expression; nothing found is undefined. */
export const main = answering(async (expression, data) => {
  try {
    return await jsonata(expression).evaluate(data);
  } catch (error) {
    throw refusalOf(error, expression);
  }
});

/** JSONata throws maps with a code and a place. */
function refusalOf(error: unknown, expression: string): unknown {
  if (typeof error !== "object" || error === null || !("code" in error) || !("message" in error)) return error;
  const place = "position" in error && typeof error.position === "number" ? error.position : null;
  const line = place === null ? undefined : expression.slice(0, place).split("\n").length;
  return new Refusal(`${error.message} (${error.code})`, line);
}
