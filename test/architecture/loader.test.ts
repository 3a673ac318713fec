import { join } from "node:path";
import { expect, test } from "vitest";
import { readSources } from "./source-file.ts";

/** The one file that makes dynamic isolates: its types let nobody forget where an isolate's fetches go. */
const LOADER = "workers/plugins/isolate/load-isolate.ts";
/** What making one takes: the entrypoint of a loaded Worker, the platform's own types, a call of the binding. */
const MAKES_ISOLATES = /\bgetEntrypoint\b|\bgetDurableObjectClass\b|\bWorkerLoader\w*|\bLOADER\s*[?!]?\.|\bLOADER\s*\[/;

const product = readSources(join(import.meta.dirname, "../..")).filter(
  ({ path }) => /^(workers|durable-objects|connectors)\//.test(path) && !path.endsWith(".test.ts"),
);

test("dynamic isolates are made in one place, whose types cannot leave out where their fetches go", () => {
  const makers = product.filter(({ text }) => MAKES_ISOLATES.test(text)).map(({ path }) => path);
  expect(makers).toEqual([LOADER]);
  const loader = product.find(({ path }) => path === LOADER)?.text;
  expect(loader).toContain("globalOutbound: Fetcher | null;");
});
