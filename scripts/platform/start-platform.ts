import { spawn } from "node:child_process";
import { mkdirSync, openSync, closeSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FromPlatform, PlatformOptions, Ready, ToPlatform } from "./messages.ts";

const ROOT = join(import.meta.dirname, "../..");
const STOP_GRACE_MS = 8_000;

export interface Platform extends Omit<Ready, "type"> {
  dataDir: string;
  /** Process id of the platform's own process, which leads the group that all of it is in. */
  pid: number;
  /** What the platform and its Workers wrote. */
  logFile: string;
  /** When it ended, and how: never rejects. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; message: string | null }>;
  /** Ends it in order; by force when it takes more than eight seconds. */
  stop(): Promise<void>;
  /** kill -9 of everything at once, as a power cut would (but for the disk's cache). */
  kill(): Promise<void>;
}

/** Starts a whole platform and resolves when it serves requests; rejects with what the platform said was wrong. */
export async function startPlatform(
  options: PlatformOptions,
  onProgress: (text: string) => void = () => undefined,
): Promise<Platform> {
  const dataDir = resolve(options.dataDir);
  // Runs' inputs and outputs are in there: other users of the machine have no business with them.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, "platform.log");
  const log = openSync(logFile, "a");
  const node = join(ROOT, "node_modules/node/bin/node");
  const child = spawn(
    node,
    ["--experimental-strip-types", "--disable-warning=ExperimentalWarning", join(import.meta.dirname, "host.ts")],
    {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", NODE_OPTIONS: "" },
    },
  );
  closeSync(log);
  let message: string | null = null;
  const exited: Platform["exited"] = new Promise((settle) => {
    child.once("error", (error) => settle({ code: null, signal: null, message: error.message }));
    child.once("exit", (code, signal) => settle({ code, signal, message }));
  });
  const tell = (what: ToPlatform): void => {
    if (child.connected) child.send(what, () => undefined);
  };
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The whole group is gone already.
    }
  };
  const ready = new Promise<Ready>((succeed, reject) => {
    child.on("message", (said: FromPlatform) => {
      if (said.type === "progress") onProgress(said.text);
      if (said.type === "ready") succeed(said);
      if (said.type === "failed") message = said.message;
    });
    void exited.then(({ code, signal }) => {
      reject(new Error(message ?? `The platform ended while it started (${signal ?? `exit ${code}`}): see ${logFile}`));
    });
  });
  tell({ type: "start", options: { ...options, dataDir } });
  const { type: _type, ...facts } = await ready;
  return {
    ...facts,
    dataDir,
    pid: child.pid ?? 0,
    logFile,
    exited,
    async stop() {
      tell({ type: "stop" });
      const force = setTimeout(killGroup, STOP_GRACE_MS);
      await exited;
      clearTimeout(force);
    },
    async kill() {
      killGroup();
      await exited;
    },
  };
}
