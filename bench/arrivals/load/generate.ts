import { CallbacksLoad } from "./callbacks-load.ts";
import type { ArrivalJob, ArrivalLoad } from "./job.ts";
import { ReadersLoad } from "./readers-load.ts";
import { SchedulesLoad } from "./schedules-load.ts";

/*
 * A load of `arrivals/`: a process of its own, so that what it costs is nobody's. Its job is argv[2]; it does the part of the
 * load that it is told and answers what that gave.
 */

function loadFor(job: ArrivalJob): ArrivalLoad {
  switch (job.kind) {
    case "readers":
      return new ReadersLoad(job);
    case "callbacks":
      return new CallbacksLoad(job);
    case "schedules":
      return new SchedulesLoad(job);
    default:
      return job satisfies never;
  }
}

function parseJob(text: string | undefined): ArrivalJob {
  if (text === undefined) throw new Error("usage: generate.ts JOB_JSON");
  return JSON.parse(text);
}

const load = loadFor(parseJob(process.argv[2]));
process.on("message", async (part: keyof ArrivalLoad) => {
  process.send?.((await load[part]()) ?? {});
});
process.on("disconnect", () => process.exit());
