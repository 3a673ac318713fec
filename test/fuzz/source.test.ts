import { expect, test } from "vitest";
import { parse } from "yaml";
import { allSteps } from "../../engine/definition/child-blocks.ts";
import { type ReadWorkflows, readWorkflows, readWorkflowValue } from "../../engine/definition/read-workflows.ts";
import type { Json } from "../../engine/json.ts";
import { SOURCE_LIMITS } from "../../engine/source/limits.ts";
import { parseDocuments } from "../../engine/source/parse.ts";
import { type CorpusFile, corpus } from "./corpus.ts";
import { EVERY_KIND } from "./every-kind.ts";
import { mutateText } from "./mutate-text.ts";
import { mutateTree } from "./mutate-tree.ts";
import { FUZZ_TIMEOUT_MS, manyCases } from "./replay.ts";
import { writeSource } from "./write-source.ts";

const FILES = [...corpus(), ...EVERY_KIND].map(({ text }) => text);
const LONGEST_MESSAGE = 600;

/** What must hold of any answer of the reader to any text. */
function checkAnswer(text: string, { workflows, problems }: ReadWorkflows, located: boolean): void {
  // A lone carriage return ends no line for the YAML library, so it ends none for us.
  const lines = text.split("\n");
  expect(problems.length).toBeLessThanOrEqual(SOURCE_LIMITS.problems);
  for (const { path, line, column, message } of problems) {
    expect(path === "" || path.startsWith("/"), path).toBe(true);
    expect(message.length, message.slice(0, 100)).toBeGreaterThan(3);
    expect(message.length, message.slice(0, 100)).toBeLessThan(LONGEST_MESSAGE);
    if (line === undefined || column === undefined) {
      expect(located, `${message} has no place`).toBe(false);
      continue;
    }
    expect(line, message).toBeGreaterThanOrEqual(1);
    expect(line, message).toBeLessThanOrEqual(lines.length);
    expect(column, message).toBeGreaterThanOrEqual(1);
    expect(column, `${message} in line ${line}`).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
  }
  for (const { definition, expressions } of workflows) {
    expect(expressions.length).toBeLessThanOrEqual(SOURCE_LIMITS.expandedNodes);
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
    if (problems.length === 0) expect(definition.name).not.toBe("");
  }
}

/** Texts that must be alike for two answers to be alike. */
function outcomeOf({ workflows, problems }: ReadWorkflows) {
  return { definitions: workflows.map(({ definition }) => definition), problems };
}

const ANY_YAML = "any text is read or refused, with places inside of it";
test(
  ANY_YAML,
  () => {
    const outcomes = { accepted: 0, refused: 0 };
    manyCases("source", ANY_YAML, 800, (random) => {
      const text = mutateText(FILES[random.below(FILES.length)] ?? "", FILES[random.below(FILES.length)] ?? "", random);
      const answer = readWorkflows(text, "yaml");
      checkAnswer(text, answer, true);
      expect(outcomeOf(readWorkflows(text, "yaml"))).toEqual(outcomeOf(answer));
      const { trees, problems } = parseDocuments(text);
      expect(trees.length).toBeLessThanOrEqual(2);
      expect(trees.length + problems.length).toBeGreaterThan(0);
      outcomes[answer.problems.length === 0 ? "accepted" : "refused"] += 1;
    });
    if (process.env.FUZZ_SEED === undefined)
      for (const count of Object.values(outcomes)) expect(count, JSON.stringify(outcomes)).toBeGreaterThan(10);
  },
  FUZZ_TIMEOUT_MS,
);

const ANY_JSON = "any JSON text is read or refused, with the same answer as its value";
test(
  ANY_JSON,
  () => {
    manyCases("source", ANY_JSON, 600, (random) => {
      const { text: everything } = random.pick(EVERY_KIND as [CorpusFile, ...CorpusFile[]]);
      let changed: Json = parse(random.chance(70) ? everything : (FILES[random.below(FILES.length)] ?? ""));
      for (let count = 1 + random.below(8); count > 0; count -= 1) changed = mutateTree(changed, random).value;
      const text = JSON.stringify(changed, null, random.below(3));
      const answer = readWorkflows(text, "json");
      checkAnswer(text, answer, false);
      const places = readWorkflowValue(changed);
      const bare = (problems: ReadWorkflows["problems"]) =>
        problems.map(({ path, message }) => `${path} ${message.replace(/at (line \d+|\/\S*)/, "at …")}`).sort();
      expect(bare(answer.problems)).toEqual(bare(places.problems));
      const garbled = mutateText(text, text, random);
      checkAnswer(garbled, readWorkflows(garbled, "json"), false);
    });
  },
  FUZZ_TIMEOUT_MS,
);

const NOTHING_LOST = "what is read without a problem lost nothing: a file written from its definition reads the same";
test(
  NOTHING_LOST,
  () => {
    const accepted = { count: 0, steps: 0 };
    manyCases("source", NOTHING_LOST, 800, (random) => {
      const original: Json = parse(FILES[random.below(FILES.length)] ?? "");
      const value = random.chance(20) ? original : mutateTree(original, random).value;
      const first = readWorkflowValue(value);
      if (first.problems.length > 0) return;
      const definitions = first.workflows.map(({ definition }) => definition);
      accepted.count += 1;
      for (const definition of definitions) {
        const steps = [...allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])];
        accepted.steps += steps.length;
        for (const step of steps) expect(step.id).not.toBe("");
      }
      expect(countSteps(value)).toBe(
        definitions.flatMap(({ steps, graph }) => [...allSteps([...steps, ...(graph?.nodes ?? [])])]).length,
      );
      const written = JSON.stringify({ workflows: definitions.map(writeSource) });
      const second = readWorkflows(written, "json");
      expect(second.problems).toEqual([]);
      expect(second.workflows.map(({ definition }) => definition)).toEqual(definitions);
      expect(readWorkflows(written, "yaml").workflows.map(({ definition }) => definition)).toEqual(definitions);
    });
    if (process.env.FUZZ_SEED === undefined) {
      expect(accepted.count).toBeGreaterThan(30);
      expect(accepted.steps).toBeGreaterThan(100);
    }
  },
  FUZZ_TIMEOUT_MS,
);

const STEP_LISTS = [
  "steps",
  "nodes",
  "then",
  "else",
  "default",
  "catch",
  "finally",
  "compensate",
  "on_shutdown",
  "onShutdown",
];
const STEP_MAPS = ["cases", "branches"];

/** How many steps a file has, counted from its lists without the reader's help: blocks stand only where blocks may stand. */
function countSteps(file: Json): number {
  if (file === null || typeof file !== "object" || Array.isArray(file)) return 0;
  if (Array.isArray(file.workflows)) return file.workflows.reduce<number>((sum, one) => sum + countBlocks(one), 0);
  return countBlocks(typeof file.workflow === "object" && file.workflow !== null ? file.workflow : file);
}

function countBlocks(block: Json): number {
  if (block === null || typeof block !== "object" || Array.isArray(block)) return 0;
  const lists: Json[] = [];
  for (const [key, value] of Object.entries(block)) {
    if (STEP_LISTS.includes(key) || key === "parallel") lists.push(value);
    if (STEP_MAPS.includes(key) && value !== null && typeof value === "object") lists.push(...Object.values(value));
  }
  return lists
    .filter((list) => Array.isArray(list))
    .flat()
    .reduce<number>((sum, step) => sum + 1 + countBlocks(step), 0);
}
