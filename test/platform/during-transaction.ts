import { openPostgres } from "../../scripts/neon/postgres.ts";
import { runQuery } from "../../scripts/neon/query.ts";

/** Long enough for an answer that does not wait. */
const UNCOMMITTED_MS = 1_500;

/** What `ask` comes to while a session has done `statements` and has not committed yet. */
export async function duringTransaction<Answer>(
  url: string,
  statements: readonly string[],
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const backend = await openPostgres(url);
  try {
    const session = await backend.connect();
    for (const statement of ["begin", ...statements]) await runQuery(session, { query: statement, params: [] });
    const asked = ask();
    await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, UNCOMMITTED_MS))]);
    await runQuery(session, { query: "commit", params: [] });
    return await asked;
  } finally {
    await backend.close();
  }
}
