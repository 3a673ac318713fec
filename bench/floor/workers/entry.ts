import type { Cell } from "./cell.ts";
import type { Clock } from "./clock.ts";
import type { Fan } from "./fan.ts";
import { RUN_SHAPES } from "./run-shape.ts";

export { Cell } from "./cell.ts";
export { Clock } from "./clock.ts";
export { Fan } from "./fan.ts";

interface EntryEnv {
  CELL: DurableObjectNamespace<Cell>;
  CLOCK: DurableObjectNamespace<Clock>;
  FAN: DurableObjectNamespace<Fan>;
}

interface StartBody {
  workflow: string;
  inputs: { start: number; ticks: number };
  execution_mode: "sync" | "async";
  callback_url?: string;
}

const EXECUTIONS = "/workflows/executions";
const EVENTS = "/events";
const SCHEDULES = "/schedules";
const TICKS = "bench-ticks";

/** The requests of the executions API that the load generators make, with nothing around them; schedules in short. */
export default {
  async fetch(request: Request, env: EntryEnv, context: ExecutionContext): Promise<Response> {
    const { method } = request;
    const { pathname } = new URL(request.url);
    const posted = method === "POST";
    if (posted && pathname === EXECUTIONS) return start(await request.json<StartBody>(), env, context);
    if (pathname === SCHEDULES) return posted ? schedule(request, env) : created(env);
    if (!pathname.startsWith(`${EXECUTIONS}/`)) return new Response("not found", { status: 404 });
    const rest = pathname.slice(EXECUTIONS.length + 1);
    if (rest.endsWith(EVENTS)) {
      const fan = env.FAN.getByName(rest.slice(0, -EVENTS.length));
      if (!posted) return fan.fetch(request);
      const { payload } = await request.json<{ payload: unknown }>();
      return Response.json({ id: await fan.tick(payload) }, { status: 202 });
    }
    const record = await cell(env).wait(rest);
    return Response.json(record, { status: record ? 200 : 404 });
  },
} satisfies ExportedHandler<EntryEnv>;

function cell(env: EntryEnv): DurableObjectStub<Cell> {
  return env.CELL.getByName("floor");
}

async function start(body: StartBody, env: EntryEnv, context: ExecutionContext): Promise<Response> {
  const { workflow, inputs, execution_mode, callback_url } = body;
  const id = crypto.randomUUID();
  const pending = (): Response => Response.json({ execution_id: id, status: "pending" }, { status: 202 });
  if (workflow === TICKS) {
    await env.FAN.getByName(id).begin(inputs.ticks);
    return pending();
  }
  const shape = RUN_SHAPES[workflow];
  if (!shape) return new Response("no such workflow", { status: 404 });
  if (execution_mode === "sync") return Response.json(await cell(env).run(id, shape, inputs.start));
  await cell(env).start(id, shape, inputs.start);
  if (callback_url !== undefined) context.waitUntil(tell(id, callback_url, env));
  return pending();
}

/** The record to whoever wants it, once. */
async function tell(id: string, url: string, env: EntryEnv): Promise<void> {
  const record = await cell(env).wait(id);
  await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(record) });
}

async function schedule(request: Request, env: EntryEnv): Promise<Response> {
  const { due, count } = await request.json<{ due: number; count: number }>();
  await env.CLOCK.getByName("floor").set(due, count);
  return Response.json({ status: "active" }, { status: 201 });
}

async function created(env: EntryEnv): Promise<Response> {
  return Response.json({ created: await env.CLOCK.getByName("floor").created() });
}
