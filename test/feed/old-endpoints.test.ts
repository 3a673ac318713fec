import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { EndpointTable } from "../../durable-objects/feed/endpoint-table.ts";
import { FEED_MIGRATIONS } from "../../durable-objects/feed/migrations.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { storageOf } from "../connections/sqlite-of.ts";
import { START } from "./simulated-feed.ts";

const HOUR_MS = 3_600_000;

test("endpoints that were stored before they knew since when they want a type, want it since they were made", () => {
  const storage = storageOf(new DatabaseSync(":memory:"));
  new ObjectSql(storage, FEED_MIGRATIONS.slice(0, 2)).write(
    `INSERT INTO endpoints VALUES ('old', 'https://old.example.org/', '', '["step.*"]', 0, 1, NULL, ?, '[]', ?, ?)`,
    START,
    START,
    START,
  );
  const table = new EndpointTable(new ObjectSql(storage, FEED_MIGRATIONS));
  const wanting = (type: string, at: number) => table.wanting(type, at).map(({ id }) => id);
  expect(wanting("step.started", START)).toEqual(["old"]);
  expect(wanting("step.started", START - HOUR_MS)).toEqual([]);
  const [old] = table.all();
  if (old === undefined) throw new Error("it is gone");
  expect(old).toMatchObject({ id: "old", enabled: true, failingSince: START });
  table.change(old, { eventTypes: ["*"] }, START + HOUR_MS);
  expect(wanting("step.started", START)).toEqual(["old"]);
  expect(wanting("log", START)).toEqual([]);
  expect(wanting("log", START + HOUR_MS)).toEqual(["old"]);
});
