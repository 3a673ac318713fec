import { join } from "node:path";
import { expect, test } from "vitest";
import { readSources } from "./source-file.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Work that goes on after the answer and may be lost with the isolate (F42): where, and why losing it costs nothing.
 * Everything else that must happen is a row in the transaction of its cause.
 */
const MAY_BE_LOST: Readonly<Record<string, string>> = {
  "workers/plugins/code/call-places.ts": "a place that is not given back is free when its lease is over",
  "workers/plugins/http/isolated-entry.ts": "places and progress: a lease ends by itself, progress is no result",
  "workers/plugins/http/main.ts":
    "progress of a step; the provider is told that the token of a deleted connection is not used any more",
  "workers/plugins/http/mcp/with-client.ts": "a session that is not ended is ended by its server",
  "workers/plugins/http/service-calls.ts": "a place that is not given back is free when its lease is over",
  "workers/queues/outbox-consumer.ts": "telemetry: the sweeper sends what is left",
  "workers/services/audit-later.ts": "a refusal, which changed nothing: tried for as long as a request may go on",
  "workers/services/executions/catch-up.ts": "telemetry: the sweeper sends what is left",
  "workers/services/fresh-read.ts": "a cache is renewed",
  "workers/services/history/get-history.ts": "how far its chain was checked: the next reader checks it again",
  "workers/services/history/get-receipt.ts": "how far its chain was checked: the next reader checks it again",
  "workers/services/requests/rate-limiter.ts": "the tenant object is asked ahead",
  "workers/services/streams/stream-lease.ts": "a place that is not given back is free when its lease is over",
  "workers/services/triggers/own-triggers.ts": "that a trigger's object knows its row: the sweeper tells it again",
};

/** A task that is given away, not the way that such tasks take through the composition root. */
const GIVEN = /\b(?:waitUntil|background)\((?!task\b)/;

test("what is left to run after an answer is known, and nothing that must happen", () => {
  const product = readSources(ROOT).filter(({ path }) => /^(workers|durable-objects|connectors)\//.test(path));
  const found = product
    .filter(({ path, text }) => !path.endsWith(".test.ts") && GIVEN.test(text))
    .map(({ path }) => path);
  expect(found.toSorted()).toEqual(Object.keys(MAY_BE_LOST).toSorted());
});
