import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import type { ExecutionRecord } from "../../../../contracts/execution.ts";
import { awaitChange } from "../../../services/executions/await-change.ts";
import { getExecution } from "../../../services/executions/get.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

const wait = z
  .string()
  .regex(/^\d{1,3}$/, "must be a number of seconds from 0 to 120.")
  .transform(Number)
  .refine((seconds) => seconds <= 120, "must be a number of seconds from 0 to 120.")
  .optional()
  .meta({ type: "integer", minimum: 0, maximum: 120, description: "Wait for the end up to so many seconds." });

/** Weak: two answers of one state differ only in how much time has passed, and in events that change nothing here. */
function etagOf({ elapsed_ms: _elapsed, last_event_id: _seen, ...record }: ExecutionRecord): string {
  return `W/"${bytesToHex(sha256(utf8ToBytes(JSON.stringify(record))).subarray(0, 12))}"`;
}

function matches(header: string | undefined, etag: string): boolean {
  return (
    header !== undefined &&
    (header.trim() === "*" || header.split(",").some((it) => it.trim().replace(/^(W\/)?/, "W/") === etag))
  );
}

export const get = endpoint({
  method: "get",
  path: "/workflows/executions/{id}",
  tag: "executions",
  summary: "Get an execution",
  description:
    "Asked of the object that runs it: never stale. `If-None-Match` answers 304 when nothing has changed. `wait` waits for the end, or, together with `If-None-Match`, for a change.",
  scope: "executions:read",
  params: idParams,
  query: z.strictObject({ wait }),
  answers: {
    200: { description: "The record", schema: executionRecord, headers: { ETag: "Version of the record" } },
    304: { description: "Not changed" },
  },
  refusals: ["NOT_FOUND"],
  async handle({ context, params, query, header }) {
    const waitMs = query.wait === undefined ? undefined : query.wait * 1_000;
    const known = header("if-none-match");
    const isNews = (record: ExecutionRecord): boolean => !matches(known, etagOf(record));
    const found =
      known === undefined || waitMs === undefined
        ? await getExecution(context, params.id, waitMs)
        : await awaitChange(context, params.id, waitMs, isNews);
    if (!found.ok) return found;
    const headers = { etag: etagOf(found.value) };
    return isNews(found.value) ? { status: 200, body: found.value, headers } : { status: 304, headers };
  },
});
