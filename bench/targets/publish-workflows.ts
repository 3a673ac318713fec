import { request } from "undici";
import { BENCH_WORKFLOWS } from "../workflows.ts";
import type { Target } from "./start-target.ts";

/** Publishes what the workloads run, once. The floor has it built in. */
export async function publishWorkflows(target: Target): Promise<void> {
  if (target.name === "floor") return;
  for (const { slug, definition } of BENCH_WORKFLOWS) {
    const answer = await request(`${target.baseUrl}/workflows`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${target.apiKey}` },
      body: JSON.stringify({ workflows: [definition] }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`publishing ${slug} answered ${answer.statusCode}: ${text}`);
  }
}
