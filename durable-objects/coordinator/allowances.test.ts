import { expect, test } from "vitest";
import type { LeaseAsk } from "../../contracts/lease.ts";
import { Allowances } from "./allowances.ts";

const ACCOUNT = "concurrent_executions";

function made(facts = new Map<string, string>(), ceiling = 10) {
  const questions: Omit<LeaseAsk, "holder">[] = [];
  const world = { now: 1_000, ceiling };
  const allowances = new Allowances({
    storage: {
      fact: (name) => facts.get(name),
      putFact: (name, value) => void facts.set(name, value),
      prepare: () => undefined,
    },
    now: () => world.now,
    single: false,
    closed: () => false,
    ask: async (question) => {
      questions.push(question);
      const grants = question.wishes.map(({ account, used }) => ({
        account,
        granted: Math.max(used, world.ceiling),
        mark: questions.length,
        ceiling: world.ceiling,
        total: used,
      }));
      return { grants };
    },
  });
  return { allowances, facts, questions, world };
}

test("what a transaction counted that was rolled back is not counted", async () => {
  const { allowances } = made();
  await allowances.ask([ACCOUNT]);
  allowances.stage(ACCOUNT, 3);
  allowances.storeStaged();
  allowances.settleStaged(false);
  expect(allowances.room(ACCOUNT)).toBe(10);
  allowances.stage(ACCOUNT, 1);
  allowances.storeStaged();
  allowances.settleStaged(true);
  expect(allowances.room(ACCOUNT)).toBe(9);
});

test("what was used and granted is there again after a restart, and what was only promised is free", async () => {
  const { allowances, facts } = made();
  await allowances.ask([ACCOUNT]);
  expect(allowances.reserve(ACCOUNT, 4)).toBe(true);
  allowances.stage(ACCOUNT, 2);
  allowances.storeStaged();
  allowances.settleStaged(true);
  expect(allowances.room(ACCOUNT)).toBe(4);
  const after = made(facts);
  expect(after.allowances.room(ACCOUNT)).toBe(8);
  expect(after.questions).toEqual([]);
});

test("questions that come while one is under way share the next", async () => {
  const { allowances, questions } = made();
  await Promise.all([allowances.ask(["a"]), allowances.ask(["a"]), allowances.ask(["b"]), allowances.ask(["c"])]);
  expect(questions.map(({ wishes }) => wishes.map(({ account }) => account))).toEqual([["a"], ["b", "c"]]);
});

test("what is called back is given back, but for what is promised; a refusal is believed for a second", async () => {
  const { allowances, world } = made();
  await allowances.ask([ACCOUNT]);
  allowances.reserve(ACCOUNT, 2);
  expect(allowances.report(ACCOUNT, 5)).toEqual({ used: 2, closed: false });
  expect(allowances.room(ACCOUNT)).toBe(0);
  world.ceiling = 0;
  for (let n = 0; n < 4; n += 1) await allowances.ask([ACCOUNT]);
  expect(allowances.refused(ACCOUNT)).toBe(true);
  world.now += 1_000;
  expect(allowances.refused(ACCOUNT)).toBe(false);
  expect(allowances.report("another", undefined)).toBeNull();
});
