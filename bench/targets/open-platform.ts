import { callPlatform } from "../../scripts/call-platform.ts";
import { createTenant } from "../../scripts/create-tenant.ts";
import type { PlatformOptions } from "../../scripts/platform/messages.ts";
import { startPlatform } from "../../scripts/platform/start-platform.ts";
import { findWorkerd } from "../measure/processes.ts";
import { PUBLISHED } from "../workflows.ts";
import type { Target } from "./target.ts";

/** Egress goes to no address of this machine, except by a name that the platform was started with. */
const RECEIVER_HOST = "receiver.bench";

interface PlatformSetup extends Pick<PlatformOptions, "vars" | "entries" | "sweepMs"> {
  /** Where ends of executions may be told, on this machine. */
  receiverPort?: number;
}

/** A platform of its own, as `npm start` runs it but without the example services, with the workloads published. */
export async function openPlatform(dataDir: string, { receiverPort, ...options }: PlatformSetup = {}): Promise<Target> {
  const hosts: Record<string, string> =
    receiverPort === undefined ? {} : { [RECEIVER_HOST]: `127.0.0.1:${receiverPort}` };
  const platform = await startPlatform({ ...options, dataDir, services: false, hosts });
  try {
    const { api_key: key } = await createTenant(dataDir, platform.url, "bench");
    if (typeof key !== "string") throw new Error("the platform made a tenant without a key");
    for (const definition of PUBLISHED) {
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
      workerdPid: await findWorkerd(platform.pid, Number(new URL(platform.url).port)),
      dataDir,
      receiverOrigin: () => `http://${RECEIVER_HOST}`,
      stop: () => platform.kill(),
    };
  } catch (error) {
    await platform.kill();
    throw error;
  }
}
