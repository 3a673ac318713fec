import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ReceiptKeys } from "../../receipts/receipt-keys.ts";
import { loadSecrets } from "./secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "smartify-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a data folder keeps its secrets, and gets those that an earlier release did not have", async () => {
  const old = { EXECUTION_ID_KEY: "a", MASTER_KEY: "b", BOOTSTRAP_TOKEN: "c" };
  const path = join(folder, "secrets.json");
  writeFileSync(path, JSON.stringify(old));
  const secrets = loadSecrets(folder);
  expect(secrets).toMatchObject(old);
  expect(new ReceiptKeys(secrets.RECEIPT_KEYS).published.keys).toHaveLength(1);
  expect(statSync(path).mode & 0o077).toBe(0);
  const written = readFileSync(path, "utf8");
  expect(loadSecrets(folder)).toEqual(secrets);
  expect(readFileSync(path, "utf8")).toBe(written);
});
