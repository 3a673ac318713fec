import type * as z from "zod";
import { errorBody } from "../../../../contracts/api/error.ts";
import { taskParams, taskTaken } from "../../../../contracts/api/tasks.ts";
import type { TaskReport } from "../../../../contracts/task-rpc.ts";
import { reportTask } from "../../../services/tasks/report.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { parseBody } from "../../middleware/parse-request.ts";

interface Door<Body> {
  verb: "complete" | "fail" | "heartbeat" | "progress";
  summary: string;
  schema: z.ZodType<Body>;
  reportOf(body: Body): TaskReport;
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: "VALIDATION: the body, or a result that is no result",
  404: "NOT_FOUND: no such task; the token is wrong",
  409: "CONFLICT: the task is over: finished, timed out, retried or canceled. Stop working on it",
  413: "PAYLOAD_TOO_LARGE",
  415: "VALIDATION: not a media type that is accepted here",
  429: "RATE_LIMITED: try again after `Retry-After`",
  500: "INTERNAL_ERROR: ours; the request id finds it",
  503: "UNAVAILABLE: send it again",
};

/** A door of `/tasks/{task_token}`: no key, the token alone. */
export function taskDoor<Body>({ verb, summary, schema, reportOf }: Door<Body>): OpenEndpoint {
  const refusals = Object.entries(REFUSALS).map(([status, description]) => [
    status,
    { description, schema: errorBody },
  ]);
  return {
    open: true,
    method: "post",
    path: `/tasks/{task_token}/${verb}`,
    tag: "services",
    summary,
    description: "For the service that answered 202. The token in the path is the credential: no key is sent.",
    params: taskParams,
    body: { kind: "json", schema, optional: true },
    answers: { 200: { description: "Taken", schema: taskTaken }, ...Object.fromEntries(refusals) },
    async handle({ ports, request }) {
      const parsed = await parseBody(request, { kind: "json", schema, optional: true });
      if (!parsed.ok) return parsed;
      const token = tokenOf(request.url);
      const own = ports.deployment === "development" ? "127.0.0.1" : undefined;
      const address = request.headers.get("cf-connecting-ip") ?? own;
      const taken = await reportTask(ports, token, reportOf(schema.parse(parsed.value)), address);
      return taken.ok ? { status: 200, body: taken.value } : taken;
    },
  };
}

/** What cannot be decoded is a token that is none, and counts as one. */
function tokenOf(url: string): string {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/")[2] ?? "");
  } catch {
    return "";
  }
}
