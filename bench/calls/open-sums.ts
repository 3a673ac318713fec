import { spawn } from "node:child_process";
import { join } from "node:path";

const SERVE = join(import.meta.dirname, "serve-sums.ts");

/** The service that adds numbers, in a process of its own. */
export async function openSums(): Promise<{ port: number; close(): void }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SERVE], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (address: { port: number }) => resolve(address.port));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the service of C2 and C5 ended while it started")));
  });
  return { port, close: () => child.connected && child.disconnect() };
}
