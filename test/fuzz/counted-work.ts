import { Session } from "node:inspector";
import type { Profiler } from "node:inspector";

/** Whose work counts: the language and the libraries that it reads with. */
const COUNTED = /\/engine\/|\/node_modules\/(yaml|json-p3|@cfworker)\//;

/*
 * One session from before the first work to the end of the process: code that V8 has optimised, or is optimising on another
 * thread, in the moment when counting begins, does not count.
 */
const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });

/**
 * How much a piece of work does, as the number of times that functions and blocks of code were entered: the same on every machine
 * and however busy it is, which its time is not.
 */
export function countedWork(work: () => unknown): number {
  take();
  work();
  return take();
}

/** Entries since the last time. The inspector of one's own thread answers before `post` returns. */
function take(): number {
  let scripts: Profiler.ScriptCoverage[] = [];
  session.post("Profiler.takePreciseCoverage", (_, { result }) => {
    scripts = result;
  });
  return scripts
    .filter(({ url }) => COUNTED.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}
