import type { Rule } from "./rule.ts";

/** Every whole-document rule, in the order its problems are reported. A new rule is a file and a row here. */
export const ALL_RULES: readonly Rule[] = [];
