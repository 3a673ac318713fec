import { atReference, type Rule } from "./rule.ts";

const LOOP_ROOTS: ReadonlySet<string> = new Set(["item", "index", "isFirst", "isLast"]);

/** `item` and its companions stand only where something is iterated. */
export const loopRoots: Rule = function* (workflow) {
  for (const use of workflow.expressions) {
    if (use.scope.loop) continue;
    for (const reference of use.references) {
      if (LOOP_ROOTS.has(reference.root))
        yield atReference(
          workflow,
          use,
          reference,
          `${reference.root} has no meaning here: the step has no for_each and is in no loop`,
        );
    }
  }
};
