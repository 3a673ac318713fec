import { nearestName } from "../source/nearest-name.ts";
import type { Rule } from "./rule.ts";

const OVERFLOW: readonly string[] = ["block", "drop_oldest", "reject"];

/** Messages that a mailbox may hold at most (`mailbox` of the limits). */
const LARGEST_MAILBOX = 1_000;

/** `mailbox: {size, overflow}` of a node: what it does when it is full is one of three, and it is bounded (section 5). */
export const mailboxBounds: Rule = function* (workflow) {
  for (const node of workflow.definition.graph?.nodes ?? []) {
    const { size, overflow } = node.mailbox ?? {};
    if (overflow !== undefined && overflow !== null && !(typeof overflow === "string" && OVERFLOW.includes(overflow))) {
      const suggestion = nearestName(String(overflow), OVERFLOW);
      yield workflow.problemAt(
        node.id,
        "mailbox/overflow",
        `overflow must be one of ${OVERFLOW.join(", ")}`,
        suggestion,
      );
    }
    if (typeof size === "number" && !(Number.isInteger(size) && size >= 1 && size <= LARGEST_MAILBOX))
      yield workflow.problemAt(node.id, "mailbox/size", `size must be a whole number from 1 to ${LARGEST_MAILBOX}`);
  }
};
