/**
 * One located problem of a file (language document, sections 1 and 20). Lines and columns count from 1.
 * Problems of JSON inputs carry `path` and `message` only.
 */
export interface Problem {
  /** JSON pointer to the place; an unknown key's pointer names the key itself. */
  path: string;
  line?: number;
  column?: number;
  message: string;
  /** The nearest known name, when one is near. */
  suggestion?: string;
}

/** Messages quote names and pieces of the file, and those can be as long as the file. */
const LONGEST_MESSAGE = 500;

/** A message, cut where it quotes too much. */
export function briefly(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
