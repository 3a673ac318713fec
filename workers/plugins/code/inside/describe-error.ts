import { Refusal } from "./refusal.ts";

const MOST_CHARACTERS = 2_000;

/** The answer that carries what was thrown. Must not throw itself, whatever that is. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof InternalError && error.message === "out of memory") return "smemory";
    if (error instanceof InternalError && error.message === "stack overflow") return "sdepth";
    const line = error instanceof Refusal ? error.line : undefined;
    return `r${JSON.stringify({ message: messageOf(error).slice(0, MOST_CHARACTERS), line })}`;
  } catch {
    return 'r{"message":"it threw something that cannot be shown"}';
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  if (typeof error === "string") return error;
  return `it threw ${typeof error === "object" ? (JSON.stringify(error) ?? "an object") : String(error)}`;
}
