import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startFloor } from "./start-floor.ts";

/* The floor as a process of its own. Says where it is the way `npm start` does: `<data folder>/dev.json`. */

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: serve.ts DATA_DIR");
const { baseUrl } = await startFloor(dataDir);
const about = { base_url: baseUrl, api_key: "the floor asks for none", pid: process.pid };
await writeFile(join(dataDir, "dev.json"), JSON.stringify(about));
