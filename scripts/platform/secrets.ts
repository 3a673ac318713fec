import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a platform signs and seals with: made once per data folder, since its data can be read with no other. */
export interface Secrets {
  EXECUTION_ID_KEY: string;
  MASTER_KEY: string;
  BOOTSTRAP_TOKEN: string;
}

export function loadSecrets(dataDir: string): Secrets {
  const path = join(dataDir, "secrets.json");
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
  const secrets: Secrets = {
    EXECUTION_ID_KEY: randomBytes(32).toString("base64"),
    MASTER_KEY: randomBytes(32).toString("base64"),
    BOOTSTRAP_TOKEN: randomBytes(24).toString("base64url"),
  };
  // Renamed into place: a crash leaves either no file or a whole one.
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return secrets;
}
