import { callPlatform } from "../../scripts/call-platform.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import { startPlatform } from "../../scripts/platform/start-platform.ts";
import { findWorkerd } from "../measure/processes.ts";
import { BENCH_WORKFLOWS } from "../workflows.ts";
import type { Target } from "./target.ts";

/** A platform of its own, as `npm start` runs it but without the example services, with the workloads published. */
export async function openPlatform(dataDir: string, stepLimit?: number): Promise<Target> {
  const platform = await startPlatform({
    dataDir,
    services: false,
    vars: stepLimit === undefined ? {} : { STEP_LIMIT: String(stepLimit) },
  });
  try {
    const { api_key: key } = await createTenant(dataDir, platform.url, "bench");
    if (typeof key !== "string") throw new Error("the platform made a tenant without a key");
    for (const { definition } of BENCH_WORKFLOWS) {
      await callPlatform(platform.url, {
        method: "POST",
        path: "/workflows",
        authorization: `Bearer ${key}`,
        json: { workflows: [definition] },
      });
    }
    return {
      name: "platform",
      baseUrl: platform.url,
      apiKey: key,
      hostPid: platform.pid,
      workerdPid: await findWorkerd(platform.pid),
      dataDir,
      stop: () => platform.kill(),
    };
  } catch (error) {
    await platform.kill();
    throw error;
  }
}
