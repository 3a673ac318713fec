import { spawn } from "node:child_process";
import { join } from "node:path";
import type { LoadJob, LoadResult } from "./job.ts";

const GENERATOR = join(import.meta.dirname, "generate.ts");

/** One measured or warming window, in a process of its own. Fails when any run does. */
export function runLoad(job: LoadJob): Promise<LoadResult> {
  const child = spawn(process.execPath, [GENERATOR, JSON.stringify(job)], { stdio: ["ignore", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString("utf8")));
      else reject(new Error(`the load on ${job.workflow} failed:\n${Buffer.concat(err).toString("utf8")}`));
    });
  });
}
