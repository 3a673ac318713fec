import { parentPort, workerData } from "node:worker_threads";
import { type NeonFrontOptions, startNeonFront } from "./front.ts";

/** Runs the front on a thread of its own: PGlite computes on the thread that calls it. */
const options: NeonFrontOptions = workerData;

const front = await startNeonFront(options);
parentPort?.postMessage({ port: front.port });
parentPort?.once("message", async () => {
  await front.close();
  parentPort?.close();
});
