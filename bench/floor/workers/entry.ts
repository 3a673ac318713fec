import type { Cell } from "./cell.ts";
import { RUN_SHAPES } from "./run-shape.ts";

export { Cell } from "./cell.ts";

interface EntryEnv {
  CELL: DurableObjectNamespace<Cell>;
}

interface StartBody {
  workflow: string;
  inputs: { start: number };
  execution_mode: "sync" | "async";
}

const EXECUTIONS = "/workflows/executions";

/** The two requests of the executions API that the load generator makes, with nothing around them. */
export default {
  async fetch(request: Request, env: EntryEnv): Promise<Response> {
    const { pathname } = new URL(request.url);
    const cell = env.CELL.get(env.CELL.idFromName("floor"));
    if (request.method === "GET" && pathname.startsWith(`${EXECUTIONS}/`)) {
      const record = await cell.wait(pathname.slice(EXECUTIONS.length + 1));
      return Response.json(record, { status: record ? 200 : 404 });
    }
    if (request.method !== "POST" || pathname !== EXECUTIONS) return new Response("not found", { status: 404 });
    const { workflow, inputs, execution_mode } = await request.json<StartBody>();
    const shape = RUN_SHAPES[workflow];
    if (!shape) return new Response("no such workflow", { status: 404 });
    const id = crypto.randomUUID();
    if (execution_mode === "sync") return Response.json(await cell.run(id, shape, inputs.start));
    await cell.start(id, shape, inputs.start);
    return Response.json({ execution_id: id, status: "pending" }, { status: 202 });
  },
} satisfies ExportedHandler<EntryEnv>;
