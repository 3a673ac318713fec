import type { JsonObject } from "../../engine/json.ts";
import { fromInput, serviceManifest } from "./http-manifest.ts";
import { anything, boolean, integer, list, object, oneOf, open, string } from "./schema-terms.ts";

const sql: Record<string, JsonObject> = {
  query: string("One SQL statement; values stand in it as $1, $2 …", { minLength: 1 }),
  "params?": {
    ...list("The values, in order: sent apart from the statement, never put into it", anything("A value")),
    default: [],
  },
};
const result = open({
  command: string("What it was: SELECT, INSERT …"),
  rowCount: { description: "How many rows it concerned", type: ["integer", "null"] },
  rows: list("The rows, as maps by column", { type: "object" }),
  fields: list("The columns", open({ name: string("Name"), dataTypeID: integer("Its type's oid") })),
});
const response = { extract: "$" };
const single = { query: fromInput("query"), params: fromInput("params") };

/** `community/postgres`: a Postgres that answers over HTTP (Neon's protocol). */
export const postgres = serviceManifest(
  {
    name: "postgres",
    displayName: "Postgres over HTTP",
    description:
      "Query and change a Postgres database over HTTP (Neon's SQL over HTTP), with parameters and transactions",
    categories: ["database"],
    homepage: "https://neon.com/docs/serverless/serverless-driver",
    auth: { type: "API_KEY", in: "header", name: "Neon-Connection-String" },
  },
  [
    {
      name: "query",
      description:
        "The rows of a statement that only reads: it runs in a read-only transaction, so a change is refused",
      input: object(sql),
      output: result,
      idempotent: true,
      call: "POST /sql",
      request: {
        headers: { "neon-batch-read-only": "true" },
        body: { queries: [single] },
        response: { extract: "$.results[0]" },
      },
    },
    {
      name: "execute",
      description: "Carries out one statement, in a transaction of its own",
      input: object(sql),
      output: result,
      idempotent: false,
      call: "POST /sql",
      request: { body: single, response },
    },
    {
      name: "transaction",
      description: "Carries out several statements, all of them or none",
      input: object({
        queries: { ...list("The statements, in order", object(sql)), minItems: 1, maxItems: 100 },
        "isolation?": oneOf(
          "How far it is kept apart from others",
          ["ReadUncommitted", "ReadCommitted", "RepeatableRead", "Serializable"],
          { default: "ReadCommitted" },
        ),
        "read_only?": boolean("Refuse changes", { default: false }),
      }),
      output: open({ results: list("The results, in order", result) }),
      idempotent: false,
      call: "POST /sql",
      request: {
        headers: {
          "neon-batch-isolation-level": fromInput("isolation"),
          "neon-batch-read-only": fromInput("read_only"),
        },
        body: { queries: fromInput("queries") },
        response,
      },
    },
  ],
);
