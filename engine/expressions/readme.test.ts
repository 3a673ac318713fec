import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { FUNCTIONS } from "./functions/all-functions.ts";
import type { FunctionRow } from "./functions/function-row.ts";
import { ROOTS } from "./roots.ts";
import { TESTS } from "./tests.ts";

const README = readFileSync(new URL("./README.md", import.meta.url), "utf8");

function signature({ name, parameters, rest }: FunctionRow): string {
  const names = parameters.map((parameter) => {
    if (parameter.keyword === true) return `${parameter.name}=`;
    return parameter.default === undefined ? parameter.name : `${parameter.name}?`;
  });
  return `${name}(${[...names, ...(rest === true ? ["…"] : [])].join(", ")})`;
}

it("the README lists exactly the functions there are, with their parameters and meaning", () => {
  const rows = [...FUNCTIONS.values()].map((row) => `| \`${signature(row)}\` | ${row.summary} |`);
  const listed = README.split("\n").filter((line) => /^\| `\w+\(/.test(line));
  expect(listed.toSorted()).toEqual(rows.toSorted());
});

it("the README lists every root and every test", () => {
  for (const [name, meaning] of ROOTS) expect(README).toContain(`\`${name}\` ${meaning}`);
  for (const { name, summary } of TESTS.values()) expect(README).toContain(`\`${name}\` ${summary}`);
});
