import { afterEach, expect, test } from "vitest";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { ArchivingCell } from "./archiving-cell.ts";

/* Subworkflows whose outputs lie in the object storage, where their parents' budgets and a storage that is away look at them. */

/** Over a megabyte. */
const BODY = "x".repeat(1_200_000);

afterEach(() => {
  globalThis.faultPoint = undefined;
});

function source(slug: string, steps: StepDefinition[], more: object = {}, workflows: Record<string, PlanSource> = {}) {
  const { definition, pins } = planOf(steps, { slug, name: slug, ...more });
  return { definition, pins, workflows };
}

/** Hashing takes real time, in which the virtual one goes on: nothing here may be late (see `step`). */
const DAY_MS = 86_400_000;
const LARGE = source("large", [actionStep("fetch", { timeoutMs: DAY_MS })], {
  outputs: { body: { value: "{{ steps.fetch.output.body }}" } },
});
const SMALL = source("small", [actionStep("one"), { kind: "wait", id: "nap", duration: 30 }, actionStep("two")]);
const sub = (id: string, workflow: string): StepDefinition => ({ kind: "subworkflow", id, workflow });

function newCell(): { cell: ArchivingCell; calls: string[] } {
  const calls: string[] = [];
  const cell = new ArchivingCell(0, ({ path }) => {
    calls.push(path);
    return path === "fetch" ? ok({ body: BODY }) : ok({ done: path });
  });
  return { cell, calls };
}

/** One step of the virtual time, and some real time for what is being hashed: ten minutes may not pass meanwhile. */
async function step(cell: ArchivingCell): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return cell.object.step();
}

async function statusAtEnd(cell: ArchivingCell): Promise<string | undefined> {
  for (;;) {
    const record = await cell.ask((it) => it.get("exec_parent"));
    if (record?.finished_at) return record.status;
    await step(cell);
  }
}

test("a parent that takes the end of a child up again waits for an object storage that is away", async () => {
  const { cell, calls } = newCell();
  const workflows = { "large@": LARGE };
  let [killed, asked] = [false, 0];
  globalThis.faultPoint = (name) => {
    if (killed || name !== "leave.before") return;
    killed = true;
    // The child has ended on the disk, and its parent has not heard of it.
    cell.object.kill(true);
    const get = cell.objects.get.bind(cell.objects);
    cell.objects.get = (key) => {
      asked += 1;
      if (asked <= 3) throw new Error("the object storage is down");
      return get(key);
    };
  };
  await cell.startSource("exec_parent", source("parent", [sub("s", "large"), actionStep("after")], {}, workflows));
  expect(await statusAtEnd(cell)).toBe("completed");
  expect([killed, asked > 3, calls]).toEqual([true, true, ["fetch", "after"]]);
});

test("a parent that is canceled while the object storage is away ends, and starts its child no second time", async () => {
  const { cell, calls } = newCell();
  let killed = false;
  globalThis.faultPoint = (name) => {
    if (killed || name !== "leave.before") return;
    killed = true;
    cell.object.kill(true);
    cell.objects.down = true;
  };
  await cell.startSource("exec_parent", source("parent", [sub("s", "large")], {}, { "large@": LARGE }));
  while (!killed) await step(cell);
  for (let steps = 0; steps < 20; steps++) await step(cell);
  await cell.ask((it) => it.act("exec_parent", { type: "cancel" }));
  expect(await statusAtEnd(cell)).toBe("canceled");
  const told = cell.reports.filter((report) => report.includes("cannot be read")).length;
  cell.objects.down = false;
  const until = cell.object.clock.now() + 120_000;
  while (cell.object.clock.now() < until && (await cell.object.step()));
  expect([calls, told]).toEqual([["fetch"], 1]);
});

test("a budget above counts a child that has ended although its large outputs are not here any more", async () => {
  const { cell, calls } = newCell();
  const workflows = { "large@": LARGE, "small@": SMALL };
  const steps: StepDefinition[] = [
    {
      kind: "parallel",
      id: "p",
      join: "all",
      branches: { l: [sub("s", "large")], m: [sub("t", "small")] },
    },
  ];
  // What the parent was given of it is being put: until then its step runs.
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const put = cell.objects.put.bind(cell.objects);
  cell.objects.put = async (key, bytes, sha256) => {
    if (key.includes("/exec_parent/outputs/")) await released;
    await put(key, bytes, sha256);
  };
  await cell.startSource("exec_parent", source("parent", steps, { budget: { max_tokens: 100 } }, workflows));
  while (!calls.includes("two")) await step(cell);
  release();
  expect(await statusAtEnd(cell)).toBe("completed");
  expect(calls).toEqual(["fetch", "one", "two"]);
});
