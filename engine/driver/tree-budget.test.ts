import { expect, test } from "vitest";
import { type BudgetNode, spentInTree } from "./tree-budget.ts";

/** Steps, tokens and cost. */
type Spent = [steps: number, tokens: number, cost: number];

function nodeOf(id: string, spending: Spent, more: Partial<BudgetNode> = {}): BudgetNode {
  return { id, spending, budget: {}, raised: new Set(), above: () => undefined, below: () => [], ...more };
}

function tree(limit: number, raised: string[] = []) {
  const top: BudgetNode = nodeOf("top", [2, 10, 0], {
    budget: { maxTokens: limit, holdMs: 5 },
    below: () => [left, right],
  });
  const left: BudgetNode = nodeOf("left", [1, 20, 0], {
    above: () => top,
    raised: new Set(raised),
    below: () => [leaf],
  });
  const right: BudgetNode = nodeOf("right", [1, 30, 0], { above: () => top });
  const leaf: BudgetNode = nodeOf("leaf", [1, 40, 0], { above: () => left });
  return { top, left, right, leaf };
}

test("a budget holds all that runs beside and below each other, each counted once, wherever one asks", () => {
  for (const node of Object.values(tree(101))) expect(spentInTree(node, "step")).toBeUndefined();
  for (const node of Object.values(tree(100)))
    expect(spentInTree(node, "again")).toEqual({ budget: "max_tokens", used: 100, limit: 100, holdMs: 5 });
});

test("whose own budget was raised goes on whatever is left above it, and only for what was raised", () => {
  expect(spentInTree(tree(100, ["maxTokens"]).left, "step")).toBeUndefined();
  expect(spentInTree(tree(100, ["maxTokens"]).right, "step")).toBeDefined();
  expect(spentInTree(tree(100, ["maxCost"]).left, "step")).toBeDefined();
  // Its own budget holds it all the same.
  const own = { ...tree(1_000, ["maxTokens"]).left, budget: { maxTokens: 60, holdMs: 9 } };
  expect(spentInTree(own, "step")).toEqual({ budget: "max_tokens", used: 60, limit: 60, holdMs: 9 });
});

test("another try of a step is no further step", () => {
  const node = nodeOf("one", [5, 0, 0], { budget: { maxSteps: 5 } });
  expect(spentInTree(node, "again")).toBeUndefined();
  expect(spentInTree(node, "step")).toMatchObject({ budget: "max_steps", used: 5 });
});
