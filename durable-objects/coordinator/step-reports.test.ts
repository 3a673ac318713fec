import { expect, test } from "vitest";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import type { EngineInput } from "../../engine/run/types.ts";
import { TimerQueue } from "../timer-queue.ts";
import { StepReports } from "./step-reports.ts";

function reporting() {
  const clock = new VirtualClock(1_000);
  const recorded: { at: number; input: EngineInput }[] = [];
  const now = (): number => clock.now();
  const reports = new StepReports({
    now,
    timers: new TimerQueue({ now, wake: (ms, task) => clock.at(clock.now() + ms, task) }),
    isCurrent: (_id, path, attempt) => path !== "gone" && attempt === 1,
    deliver: (_id, input) => recorded.push({ at: clock.now() - 1_000, input }),
  });
  const percent = (path: string, value: number) =>
    reports.take("exec_a", path, 1, { kind: "progress", percent: value });
  const passUntil = (ms: number): void => {
    let over = false;
    clock.at(1_000 + ms, () => {
      over = true;
    });
    while (!over && clock.fireNext());
  };
  return { reports, recorded, percent, passUntil };
}

test("of a step's progress the newest counts, once a tick and no more than ten times a second", () => {
  const { recorded, percent, passUntil } = reporting();
  for (let value = 0; value <= 1_000; value += 1) {
    percent("a", value / 10);
    if (value === 500) percent("b", 5);
    passUntil(value);
  }
  passUntil(3_000);
  const of = (path: string) => recorded.filter(({ input }) => input.type === "progress" && input.path === path);
  expect(of("a").length).toBeGreaterThanOrEqual(10);
  expect(of("a").length).toBeLessThanOrEqual(12);
  expect(of("a").at(-1)?.input).toMatchObject({ percent: 100 });
  expect(of("b")).toHaveLength(1);
  const times = of("a").map(({ at }) => at);
  for (const [index, at] of times.entries())
    if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(100);
});

test("lines of a tick are recorded together and in order, what is too much is counted", () => {
  const { reports, recorded, passUntil } = reporting();
  for (let line = 0; line < 130; line += 1)
    reports.take("exec_a", "a", 1, { kind: "log", level: "info", message: `line ${line}` });
  expect(recorded).toEqual([]);
  passUntil(50);
  expect(new Set(recorded.map(({ at }) => at)).size).toBe(1);
  const said = recorded.map(({ input }) => (input.type === "log" ? input.message : ""));
  expect(said.slice(0, 2)).toEqual(["line 0", "line 1"]);
  expect(said).toHaveLength(101);
  expect(said.at(-1)).toContain("30 lines are left out");
});

test("what an attempt said comes before its result, and what another says is not taken", () => {
  const { reports, recorded, percent, passUntil } = reporting();
  expect(reports.take("exec_a", "a", 2, { kind: "progress", percent: 1 })).toBe(false);
  expect(reports.take("exec_a", "gone", 1, { kind: "log", level: "info", message: "x" })).toBe(false);
  expect(percent("a", 40)).toBe(true);
  reports.take("exec_a", "a", 1, { kind: "log", level: "info", message: "nearly" });
  reports.settle("exec_a", "a");
  expect(recorded.map(({ input }) => input.type)).toEqual(["log", "progress"]);
  passUntil(500);
  expect(recorded).toHaveLength(2);
});
