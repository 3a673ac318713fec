import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findWorkerd } from "../measure/processes.ts";
import type { Target } from "./target.ts";

const SERVE = join(import.meta.dirname, "../floor/serve.ts");

/** The floor in a process group of its own. */
export async function openFloor(dataDir: string): Promise<Target> {
  await mkdir(dataDir, { recursive: true });
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SERVE, dataDir], {
    detached: true,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const baseUrl = await new Promise<string>((resolve, reject) => {
    child.once("message", (message) => resolve(String(message)));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the floor ended while it started")));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the floor has no process");
  return {
    name: "floor",
    baseUrl,
    apiKey: "none",
    hostPid: pid,
    workerdPid: await findWorkerd(pid, Number(new URL(baseUrl).port)),
    dataDir,
    receiverOrigin: (port) => `http://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      process.kill(-pid, "SIGKILL");
      await exited;
    },
  };
}
