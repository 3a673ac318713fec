import { expect, test } from "vitest";
import { costOverTime } from "./cost-over-time.ts";

const at = (ms: number): number => 1_000_000 + ms;

test("the cost of each tenth is the CPU between the moments at which it began and was over", () => {
  const progress = Array.from({ length: 101 }, (_, index) => ({ at: at(index * 10), done: index }));
  const samples = Array.from({ length: 41 }, (_, index) => ({ at: at(index * 25), cpuMs: index * 5 }));
  for (const cost of costOverTime(progress, samples)) expect(cost).toBeCloseTo(2, 5);
});

test("work that grows with what was done before shows in the last tenth", () => {
  const progress: { at: number; done: number }[] = [];
  const samples: { at: number; cpuMs: number }[] = [];
  let cpu = 0;
  for (let done = 0; done <= 1_000; done += 1) {
    cpu += 1 + done / 1_000;
    progress.push({ at: at(done), done });
    samples.push({ at: at(done), cpuMs: cpu });
  }
  const parts = costOverTime(progress, samples);
  expect((parts[9] ?? 0) / (parts[0] ?? 1)).toBeGreaterThan(1.8);
});
