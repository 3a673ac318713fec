import type { ConnectorEntry } from "./entry.ts";

const result = { rowCount: 1, fields: [{ name: "sku", dataTypeID: 25 }] };

export const postgresEntry: ConnectorEntry = {
  about: `A Postgres database over HTTP, by Neon's protocol (SQL over HTTP); Neon itself, or any database behind its proxy.

**Connection.** The connection string as API_KEY, and the host: \`{"type": "API_KEY", "values": {"api_key": "postgresql://user:password@host/db",
"base_url": "https://host"}}\`.

Values go as \`params\` and are sent apart from the statement: never build a statement from text that came from elsewhere. \`query\` runs in a
read-only transaction and may be repeated; \`execute\` and \`transaction\` are not repeated when nobody knows whether they happened. Make them
safe to repeat where you can (\`on conflict do nothing\` under the run's id) and say so by \`retry_on: [UNKNOWN_OUTCOME]\`. A statement that fails is
a BACKEND_ERROR; \`details.body\` has Postgres' own code and message.`,
  examples: [
    {
      action: "transaction",
      title: "Both or neither",
      input: {
        queries: [
          { query: "create table if not exists stock (sku text primary key, count int not null)" },
          { query: "insert into stock values ($1, $2)", params: ["a", 3] },
        ],
        isolation: "Serializable",
      },
      output: {
        results: [
          { rowCount: null, fields: [], command: "CREATE", rows: [] },
          { ...result, command: "INSERT", rows: [] },
        ],
      },
    },
    {
      action: "execute",
      title: "Change a row",
      input: { query: "update stock set count = count - 1 where sku = $1 returning sku, count", params: ["a"] },
      output: { ...result, command: "UPDATE", rows: [{ sku: "a", count: 2 }] },
    },
    {
      action: "query",
      title: "Read",
      input: { query: "select sku, count from stock where count < $1", params: [10] },
      output: { ...result, command: "SELECT", rows: [{ sku: "a", count: 2 }] },
    },
  ],
};
