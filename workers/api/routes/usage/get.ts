import { usageAnswer, usageQuery } from "../../../../contracts/api/usage.ts";
import { getUsage } from "../../../services/usage/get-usage.ts";
import { usageCsv } from "../../../services/usage/usage-csv.ts";
import { endpoint } from "../../endpoint.ts";

/** `format` decides; without one an Accept header that asks for nothing but a table does. */
function wantsCsv(format: "json" | "csv" | undefined, accept: string | undefined): boolean {
  if (format !== undefined) return format === "csv";
  return /^\s*text\/csv\s*(;|,|$)/i.test(accept ?? "");
}

export const get = endpoint({
  method: "get",
  path: "/usage",
  tag: "usage",
  summary: "What was used",
  description:
    "Executions, step runs, compute time, egress and AI tokens of a range, by period and group. Periods in which nothing was used are left out. May lag by up to two seconds: `as_of` says how far it goes.",
  scope: "usage:read",
  query: usageQuery,
  answers: {
    200: {
      description: "Usage; as a table with `format=csv` or `Accept: text/csv`",
      schema: usageAnswer,
      texts: { "text/csv": "The rows as a table (RFC 4180), its first line the names." },
    },
  },
  async handle({ context, query, header }) {
    const usage = await getUsage(context, query);
    if (!usage.ok) return usage;
    if (!wantsCsv(query.format, header("accept"))) return { status: 200, body: usage.value };
    const headers = {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="usage.csv"',
      "x-as-of": usage.value.as_of,
    };
    return { status: 200, text: usageCsv(usage.value.data), headers };
  },
});
