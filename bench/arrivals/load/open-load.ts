import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArrivalJob, ArrivalLoad, ArrivalTimes } from "./job.ts";

const GENERATOR = join(import.meta.dirname, "generate.ts");
/** What a process said last may be read after its end. */
const LAST_WORDS_MS = 100;

/** A load in a process of its own. What fails there fails here, with what it said. */
export function openLoad(job: ArrivalJob): ArrivalLoad & { close(): Promise<void> } {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", GENERATOR, JSON.stringify(job)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const said: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => said.push(chunk));
  const closed = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ask = (part: keyof ArrivalLoad): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.send(part, (error) => error && reject(error));
      void closed.then(async () => {
        await sleep(LAST_WORDS_MS);
        reject(new Error(`the ${job.kind} load failed:\n${Buffer.concat(said).toString("utf8")}`));
      });
    });
  return {
    prepare: async () => void (await ask("prepare")),
    run: async () => void (await ask("run")),
    collect: async () => {
      const times = await ask("collect");
      if (!isTimes(times)) throw new Error(`the ${job.kind} load answered ${JSON.stringify(times)}`);
      return times;
    },
    async close() {
      if (child.connected) child.disconnect();
      await closed;
    },
  };
}

function isTimes(value: unknown): value is ArrivalTimes {
  return typeof value === "object" && value !== null && "count" in value && "lastMs" in value;
}
