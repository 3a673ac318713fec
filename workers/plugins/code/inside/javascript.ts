type Body = (context: unknown) => Promise<unknown>;

/** Makes functions whose bodies may use `await`. */
const AsyncFunction = (async () => {}).constructor as new (parameter: string, body: string) => Body;

/** Lines that the engine puts above the body. */
export const LINES_ABOVE_BODY = 2;

/** Runs the body of a function that sees `context`. */
export async function evaluateJavaScript(body: string, context: unknown): Promise<unknown> {
  return new AsyncFunction("context", body)(context);
}
