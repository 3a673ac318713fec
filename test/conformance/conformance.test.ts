import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCases, loadRequirements } from "./conformance-case.ts";
import { CoordinatorHost } from "./coordinator-host.ts";
import { memoryHost } from "./memory-host.ts";
import { runCase } from "./run-case.ts";
import { strayMembers } from "./stray-members.ts";

const cases = loadCases();
const table = cases.map((one) => [one.case, one] as const);

describe("on the engine's memory host", () => {
  const host = memoryHost();
  test.each(table)("%s", (_, one) => runCase(host, one));
});

describe("on a memory host that folds what it stored before everything it does", () => {
  const host = memoryHost({ forgetful: true });
  test.each(table)("%s", (_, one) => runCase(host, one));
});

describe("on the coordinator object", () => {
  let host: CoordinatorHost;
  beforeAll(async () => {
    host = await CoordinatorHost.start();
  }, 30_000);
  afterAll(() => host.stop());

  test.concurrent.each(table)("%s", (_, one) => runCase(host, one), 60_000);
});

describe("the table of requirements", () => {
  const requirements = loadRequirements();

  test("no two cases have one name", () => {
    const names = cases.map((one) => one.case);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("every member of a case is one that something looks at", () => {
    expect(cases.flatMap((one) => strayMembers(one).map((member) => `${one.case}: ${member}`))).toEqual([]);
  });

  test("every requirement has a case", () => {
    const covered = new Set(cases.flatMap((one) => one.covers));
    expect([...requirements.keys()].filter((id) => !covered.has(id))).toEqual([]);
  });

  test("every case says which requirement it shows", () => {
    const stray = cases.filter((one) => one.covers.length === 0 || one.covers.some((id) => !requirements.has(id)));
    expect(stray.map((one) => one.case)).toEqual([]);
  });
});
