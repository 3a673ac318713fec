import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { migrate, type SqlStorage } from "../../durable-objects/sqlite-migrations.ts";
import { ObjectUnavailable } from "../../workers/services/object-calls.ts";
import { betweenReleases } from "../../workers/services/between-releases.ts";

/* What an object of another release says, as it says it. */

function storage(database: DatabaseSync): SqlStorage {
  return {
    exec(query, ...bindings) {
      const rows = database
        .prepare(query)
        .all(...bindings.map((it) => (it instanceof ArrayBuffer ? new Uint8Array(it) : it)));
      return { toArray: () => rows.map((row) => ({ id: Number(row.id) })) };
    },
  };
}

test("storage that a newer release wrote is told from what is broken", () => {
  const sql = storage(new DatabaseSync(":memory:"));
  migrate(sql, [{ id: 1, sql: "CREATE TABLE a (b TEXT)" }]);
  let refusal: unknown;
  try {
    migrate(sql, []);
  } catch (error) {
    refusal = error;
  }
  expect(betweenReleases(refusal)).toBe("newer_data");
  expect(betweenReleases(new ObjectUnavailable("reset", { cause: refusal }))).toBe("newer_data");
  expect(betweenReleases(new Error("Internal error: no such table: a"))).toBeUndefined();
});

test("a method that an older object does not have is told from what it throws itself", () => {
  const missing = new TypeError('The RPC receiver does not implement the method "readHistory".');
  expect(betweenReleases(missing)).toBe("other_release");
  expect(betweenReleases(new TypeError("x is not a function"))).toBeUndefined();
});
