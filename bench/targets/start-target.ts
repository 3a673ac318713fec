import { spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { findWorkerd } from "../measure/processes.ts";

/** What is measured: a process that runs workerd, reached by HTTP. */
export interface Target {
  name: TargetName;
  baseUrl: string;
  apiKey: string;
  /** The Node process around workerd; the platform's holds Postgres too. */
  hostPid: number;
  workerdPid: number;
  dataDir: string;
  stop(): void;
}

export type TargetName = "floor" | "platform";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPTS: Record<TargetName, string> = { floor: "bench/floor/serve.ts", platform: "scripts/start.ts" };
const START_LIMIT_MS = 180_000;

/** Starts a target in a process group of its own and waits until it says in `<dataDir>/dev.json` where it is. */
export async function startTarget(name: TargetName, dataDir: string): Promise<Target> {
  await mkdir(dataDir, { recursive: true });
  const log = await open(join(dataDir, "start.log"), "w");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(ROOT, SCRIPTS[name]), dataDir], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, SMARTIFY_DATA_DIR: dataDir, PORT: String(await freePort()) },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`the ${name} did not start`);
  const stop = (): void => killGroup(pid);
  process.once("exit", stop);
  try {
    const about = await whenReady(join(dataDir, "dev.json"), () => child.exitCode !== null);
    const workerdPid = await findWorkerd(pid);
    await log.close();
    return { name, baseUrl: about.base_url, apiKey: about.api_key, hostPid: pid, workerdPid, dataDir, stop };
  } catch (error) {
    stop();
    const said = await readFile(join(dataDir, "start.log"), "utf8");
    throw new Error(`the ${name} did not start: ${said.slice(-4_000)}`, { cause: error });
  }
}

interface About {
  base_url: string;
  api_key: string;
}

async function whenReady(file: string, ended: () => boolean): Promise<About> {
  for (let waited = 0; waited < START_LIMIT_MS && !ended(); waited += 100) {
    const about = await readAbout(file);
    if (about) return about;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(ended() ? "it ended" : `nothing in ${file} after ${START_LIMIT_MS / 1000} s`);
}

/** Undefined while the file is not there or not whole. */
async function readAbout(file: string): Promise<About | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** workerd is slow to stop when asked politely, and the data is thrown away. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}
