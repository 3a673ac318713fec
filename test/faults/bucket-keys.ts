import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Keys of all that lies in the object storage of a platform on this machine, running or not. */
export function bucketKeys(dataDir: string): string[] {
  const files = readdirSync(join(dataDir, "objects"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".sqlite"))
    .flatMap((file) => {
      const database = new DatabaseSync(join(dataDir, "objects", file), { readOnly: true });
      try {
        const isBucket = database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_mf_objects'").get() !== undefined;
        return isBucket ? database.prepare("SELECT key FROM _mf_objects").all() : [];
      } finally {
        database.close();
      }
    })
    .map(({ key }) => String(key));
}
