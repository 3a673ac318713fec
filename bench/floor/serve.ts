import { startFloor } from "./start-floor.ts";

/* The floor as a process of its own, as the platform is one. It lives as long as the one that started it. */

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined || !process.send) throw new Error("started by targets/open-floor.ts only");
process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
process.send(await startFloor(dataDir));
