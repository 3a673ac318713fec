import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newReceiptKey } from "./new-receipt-key.ts";

/** What a platform signs and seals with: made once per data folder, since its data can be read with no other. */
export interface Secrets {
  EXECUTION_ID_KEY: string;
  MASTER_KEY: string;
  BOOTSTRAP_TOKEN: string;
  RECEIPT_KEYS: string;
}

/** Those that a folder of an earlier release lacks are made too. */
export function loadSecrets(dataDir: string): Secrets {
  const path = join(dataDir, "secrets.json");
  const known: Partial<Secrets> = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  const secrets: Secrets = {
    EXECUTION_ID_KEY: known.EXECUTION_ID_KEY ?? randomBytes(32).toString("base64"),
    MASTER_KEY: known.MASTER_KEY ?? randomBytes(32).toString("base64"),
    BOOTSTRAP_TOKEN: known.BOOTSTRAP_TOKEN ?? randomBytes(24).toString("base64url"),
    RECEIPT_KEYS: known.RECEIPT_KEYS ?? JSON.stringify({ keys: [newReceiptKey()] }),
  };
  if (Object.keys(secrets).every((name) => Object.hasOwn(known, name))) return secrets;
  // Renamed into place: a crash leaves either no file or a whole one.
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return secrets;
}
