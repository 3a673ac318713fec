import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDiskCounter } from "./disk-counter.ts";
import { openPerfCounter } from "./perf-counter.ts";
import { readWhenQuiet } from "./write-counter.ts";

const SYNCS = 25;

function syncFiles(): void {
  const folder = mkdtempSync(join(import.meta.dirname, ".sync-"));
  const file = openSync(join(folder, "file"), "w");
  for (let index = 0; index < SYNCS; index += 1) {
    writeSync(file, "x");
    fsyncSync(file);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
}

function perfWorks(): boolean {
  try {
    execFileSync("perf", ["stat", "-e", "syscalls:sys_enter_fsync", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("the disk's counter sees at least every fsync of this process", async () => {
  const counter = await openDiskCounter(import.meta.dirname);
  const before = await counter.read();
  syncFiles();
  expect((await counter.read()).fsyncs - before.fsyncs).toBeGreaterThanOrEqual(SYNCS);
});

test.runIf(perfWorks())("perf counts exactly the fsyncs of the process it is given and of its children", async () => {
  const counter = await openPerfCounter(process.pid);
  expect(counter).toBeDefined();
  if (!counter) return;
  const before = await counter.read();
  syncFiles();
  execFileSync("sync", ["--data", import.meta.filename]);
  expect((await counter.read()).fsyncs - before.fsyncs).toBe(SYNCS + 1);
  await counter.close();
});

test("what is still being written when the load ends is waited for", async () => {
  let fsyncs = 0;
  const late = [300, 600, 1_200].map((ms) => setTimeout(() => (fsyncs += 1), ms));
  const counter = { method: "by hand", read: async () => ({ fsyncs }), close: async () => undefined };
  expect((await readWhenQuiet(counter)).fsyncs).toBe(late.length);
});
