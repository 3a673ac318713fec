import { answering } from "./answering.ts";
import { Refusal } from "./refusal.ts";

type Body = (context: unknown) => Promise<unknown>;

/** Makes functions whose bodies may use `await`. */
const AsyncFunction = (async () => {}).constructor as new (parameter: string, body: string) => Body;

/** Lines that the engine puts above the body. */
const LINES_ABOVE = 2;

/** Runs the body of a function that sees `context`. */
export const main = answering(async (body, context) => {
  try {
    return await new AsyncFunction("context", body)(context);
  } catch (error) {
    throw withLine(error);
  }
});

/** The body's own line, from the stack; limits are left as they are. */
function withLine(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof InternalError) return error;
  const place = /<input>:(\d+)/.exec(String(error.stack));
  const line = Number(place?.[1] ?? 0) - LINES_ABOVE;
  return line > 0 ? new Refusal(`${error.name}: ${error.message}`, line) : error;
}
