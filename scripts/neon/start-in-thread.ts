import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { NeonFront, NeonFrontOptions } from "./front.ts";

/** `startNeonFront` on a thread of its own. */
export async function startNeonThread(options: NeonFrontOptions): Promise<NeonFront> {
  const thread = new Worker(new URL("./thread.ts", import.meta.url), { workerData: options });
  const [ready] = await once(thread, "message");
  return {
    port: ready.port,
    async close() {
      const exited = once(thread, "exit");
      thread.postMessage("close");
      await exited;
    },
  };
}
