import { workOfText } from "../expressions/limits.ts";
import { MAX_OPERATIONS_PER_TURN } from "./limits.ts";

/**
 * What it costs to write a fact down, in operations: one for each value in it, and its texts by their size. A value that an
 * expression only hands on is cheap to evaluate, and is stored each time. Looks no further than what a transition may spend.
 */
export function workOfRecording(fact: object): number {
  let work = 0;
  const left: unknown[] = [fact];
  while (left.length > 0 && work < MAX_OPERATIONS_PER_TURN) {
    const value = left.pop();
    work += 1;
    if (typeof value === "string") work += workOfText(value.length);
    else if (typeof value === "object" && value !== null) for (const member of Object.values(value)) left.push(member);
  }
  return work;
}
