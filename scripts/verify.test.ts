import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const GOLDEN = join(ROOT, "receipts/golden");
const folder = mkdtempSync(join(tmpdir(), "smartify-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const history = JSON.parse(readFileSync(join(GOLDEN, "history.json"), "utf8"));
const KEYS = join(GOLDEN, "receipt-keys.json");

function file(name: string, content: object): string {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
}

function run(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(ROOT, "scripts", script), ...args], { encoding: "utf8", cwd: folder });
}

test("a history is verified from files, alone and in pages; what does not fit is named, and ends with 1", () => {
  const whole = run("verify.ts", "--keys", KEYS, join(GOLDEN, "history.json"));
  expect(whole, whole.stderr).toMatchObject({ status: 0 });
  expect(whole.stdout).toContain(`${history.execution_id} is what was signed: golden@2.0.0, completed`);
  const first = file("1.json", { ...history, data: history.data.slice(0, 5), receipt: null });
  const second = file("2.json", { ...history, data: history.data.slice(5) });
  expect(run("verify.ts", "--keys", KEYS, first, second).status).toBe(0);
  const turned = run("verify.ts", "--keys", KEYS, second, first);
  expect([turned.status, turned.stderr]).toEqual([1, expect.stringContaining("event 1: Here should be event 1")]);
  const changed = { ...history, data: history.data.with(2, { ...history.data[2], data: { n: 1 } }) };
  const forged = run("verify.ts", "--keys", KEYS, file("forged.json", changed));
  expect([forged.status, forged.stderr]).toEqual([1, expect.stringContaining("NOT what was signed: event 3:")]);
});

test("files that are no history, and missing arguments, end with 2 and say what was wanted", () => {
  const other = file("other.json", { ...history, execution_id: "exec_other" });
  for (const args of [
    [],
    ["--keys", KEYS],
    ["--keys", KEYS, KEYS],
    ["--keys", KEYS, join(GOLDEN, "history.json"), other],
  ])
    expect(run("verify.ts", ...args)).toMatchObject({ status: 2, stderr: expect.stringContaining("Usage:") });
});

test("a new key for receipts signs, and the former ones stay published without their private part", () => {
  const made = run("receipt-keys.ts", "--former", join(GOLDEN, "test-keys.json"));
  expect(made, made.stderr).toMatchObject({ status: 0 });
  const { keys }: { keys: Record<string, string>[] } = JSON.parse(made.stdout);
  expect(keys.map(({ d }) => typeof d)).toEqual(["string", "undefined"]);
  expect(keys[1]?.kid).toBe(JSON.parse(readFileSync(KEYS, "utf8")).keys[0].kid);
});
