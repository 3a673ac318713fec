import { LINES_ABOVE_BODY } from "./javascript.ts";
import { Refusal } from "./refusal.ts";

const MOST_CHARACTERS = 2_000;

/** The answer that carries what was thrown. Must not throw itself, whatever that is. */
export function describeError(error: unknown, language: string): string {
  try {
    if (error instanceof InternalError && error.message === "out of memory") return "smemory";
    if (error instanceof InternalError && error.message === "stack overflow") return "sdepth";
    const { message, line } = error instanceof Refusal ? error : read(error, language);
    return `r${JSON.stringify({ message: String(message).slice(0, MOST_CHARACTERS), line })}`;
  } catch {
    return 'r{"message":"it threw something that cannot be shown"}';
  }
}

function read(error: unknown, language: string): { message: string; line?: number } {
  if (!(error instanceof Error)) return { message: typeof error === "string" ? error : `it threw ${show(error)}` };
  const message = `${error.name}: ${error.message}`;
  const place = language === "javascript" ? /<input>:(\d+)/.exec(String(error.stack)) : null;
  const line = Number(place?.[1] ?? 0) - LINES_ABOVE_BODY;
  return line > 0 ? { message, line } : { message };
}

function show(thrown: unknown): string {
  return typeof thrown === "object" ? (JSON.stringify(thrown) ?? "an object") : String(thrown);
}
