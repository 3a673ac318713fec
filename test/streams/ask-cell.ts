import type { TestPlatform } from "../support/test-platform.ts";
import type { CellRequest } from "./cell-request.ts";

export const STREAMING_PLATFORM = { platform: "test/workers/streaming-platform.ts" };

/** Asks the cell of the platform's own tenant what only `test/workers/streaming-platform.ts` answers. */
export async function askCell<Answer>(platform: TestPlatform, ask: CellRequest["ask"]): Promise<Answer> {
  const { tenantId, apiKey } = platform.tenant;
  const environment = /^sk_(live|test)_/.exec(apiKey)?.[1];
  const request: CellRequest = { cell: `global/${tenantId}/${environment}/s0`, ask };
  const response = await fetch(`${platform.url}/test/cell`, { method: "POST", body: JSON.stringify(request) });
  return response.json();
}
