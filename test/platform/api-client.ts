import type { ExecutionMode, ExecutionRecord } from "../../contracts/execution.ts";
import type { TestPlatform } from "../support/test-platform.ts";

/** Sends JSON as the platform's own tenant; rejects with what a refusal said. */
export async function send<Answer>(
  platform: TestPlatform,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(platform.url + path, {
    method,
    headers: { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const answer: Answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Runs an inline workflow to its end. */
export async function runInline(
  platform: TestPlatform,
  definition: object,
  mode: ExecutionMode,
): Promise<ExecutionRecord> {
  const started = await send<{ poll_url: string }>(platform, "POST", "/workflows/executions", {
    definition,
    execution_mode: mode,
  });
  for (const until = Date.now() + 120_000; ; ) {
    const record = await send<ExecutionRecord>(platform, "GET", `${started.poll_url}?wait=30`);
    if (record.finished_at !== null || Date.now() > until) return record;
  }
}
