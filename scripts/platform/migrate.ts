import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type NeonQueryFunction, neon, neonConfig } from "@neondatabase/serverless";

const STATEMENT_BREAK = "--> statement-breakpoint";

interface Migration {
  name: string;
  digest: string;
  statements: string[];
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return names.sort().map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const statements = text.split(STATEMENT_BREAK).filter((statement) => statement.trim() !== "");
    return { name, digest: createHash("sha256").update(text).digest("hex"), statements };
  });
}

async function apply(sql: NeonQueryFunction<false, false>, { name, digest, statements }: Migration): Promise<void> {
  await sql.transaction([
    ...statements.map((statement) => sql.query(statement)),
    sql.query("insert into smartify_migrations (name, digest) values ($1, $2)", [name, digest]),
  ]);
}

/** A deployment's database by its connection string, or a local one by the port of its front. */
export type MigratedDatabase = { url: string } | { neonPort: number };

function connect(database: MigratedDatabase): NeonQueryFunction<false, false> {
  if ("url" in database) return neon(database.url);
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${database.neonPort}/sql`;
  return neon("postgres://smartify:smartify@localhost/smartify");
}

/** Applies what is new in `folder`, each file in a transaction of its own; answers how many there were. */
export async function migrate(folder: string, database: MigratedDatabase): Promise<number> {
  const sql = connect(database);
  await sql.query(
    "create table if not exists smartify_migrations (name text primary key, digest text not null, at timestamptz not null default now())",
  );
  const rows = await sql.query("select name, digest from smartify_migrations");
  const applied = new Map(rows.map((row) => [String(row.name), String(row.digest)]));
  let count = 0;
  for (const migration of readMigrations(folder)) {
    const digest = applied.get(migration.name);
    if (digest === undefined) {
      await apply(sql, migration);
      count += 1;
    } else if (digest !== migration.digest) {
      throw new Error(
        `migrations/${migration.name} is not the file that was applied to this database. Migrations are append-only: put it back and add a new one, or start with an empty data folder.`,
      );
    }
  }
  return count;
}
