import { logPage } from "../../../../contracts/api/logs.ts";
import { logsQuery } from "../../../../contracts/api/streams.ts";
import { logEntries } from "../../../services/streams/log-entries.ts";
import { pollLog } from "../../../services/streams/poll-log.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

const NDJSON = "application/x-ndjson";

export const executionLogs = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/logs",
  tag: "executions",
  summary: "Get the log lines of an execution",
  description:
    "What its steps logged, a page at a time; `wait` waits for the next. With `Accept: application/x-ndjson` a line of JSON each, and `X-Last` to ask on with.",
  scope: "executions:read",
  params: idParams,
  query: logsQuery,
  answers: { 200: { description: "Lines of the log", schema: logPage } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params: { id }, query: { after = 0, wait = 0, step, level }, header }) {
    const page = await pollLog(context, id, { after, step, types: ["log"], grantedTypes: null }, wait * 1_000);
    if (!page.ok) return page;
    const { events, last, ended } = page.value;
    const data = logEntries(events, level);
    if (!header("accept")?.includes(NDJSON)) return { status: 200, body: { data, last, ended } };
    const text = data.map((entry) => `${JSON.stringify(entry)}\n`).join("");
    return { status: 200, text, headers: { "content-type": NDJSON, "x-last": String(last), "x-ended": String(ended) } };
  },
});
