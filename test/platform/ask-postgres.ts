import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";

/** Asks a server, in a session of its own. */
export async function askPostgres(server: string, text: string, params: unknown[] = []): Promise<(string | null)[][]> {
  const backend = await openPostgres(server);
  try {
    const session = await backend.connect();
    return (await runQuery(session, { query: text, params })).rows;
  } finally {
    await backend.close();
  }
}
