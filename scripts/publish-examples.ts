import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callPlatform, PlatformCallError } from "./call-platform.ts";

const EXAMPLES = join(import.meta.dirname, "../examples");

/** Which file holds what, in the order in which it must be published, and where it goes. */
const KINDS = [
  { file: "connector.yaml", path: "/connectors", name: "connector" },
  { file: "connections.json", path: "/connections", name: "connection" },
  { file: "workflows.yaml", path: "/workflows", name: "workflow" },
] as const;

interface Publication {
  /** `weather/connector.yaml#0`: the document's place. */
  place: string;
  kind: (typeof KINDS)[number];
  body: { json: unknown } | { yaml: string };
  digest: string;
}

/** Documents of a YAML stream; a line of three dashes stands between them. */
function splitDocuments(text: string): string[] {
  return text.split(/^---[ \t]*$/m).filter((document) => document.replace(/^\s*#.*$/gm, "").trim() !== "");
}

function readBodies(path: string): Publication["body"][] {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".json")) return splitDocuments(text).map((yaml) => ({ yaml }));
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map((json) => ({ json })) : [{ json: parsed }];
}

function readExamples(): Publication[] {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return KINDS.flatMap((kind) =>
    names
      .map((name) => join(name, kind.file))
      .filter((place) => existsSync(join(EXAMPLES, place)))
      .flatMap((place) =>
        readBodies(join(EXAMPLES, place)).map((body, index) => ({
          place: `${place}#${index}`,
          kind,
          body,
          digest: createHash("sha256").update(JSON.stringify(body)).digest("hex"),
        })),
      ),
  );
}

function readLedger(path: string): Record<string, string> {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

/**
 * Publishes what changed since the last time: connectors, the connections they need, workflows. What is there already
 * counts as published. Answers how many of each kind are new.
 */
export async function publishExamples(
  dataDir: string,
  baseUrl: string,
  apiKey: string,
): Promise<Record<string, number>> {
  const path = join(dataDir, "examples.json");
  const ledger = readLedger(path);
  const counts: Record<string, number> = {};
  for (const { place, kind, body, digest } of readExamples()) {
    const entry = `${apiKey.slice(-8)}:${place}`;
    if (ledger[entry] === digest) continue;
    try {
      await callPlatform(baseUrl, { method: "POST", path: kind.path, authorization: `Bearer ${apiKey}`, ...body });
      counts[kind.name] = (counts[kind.name] ?? 0) + 1;
    } catch (error) {
      if (!(error instanceof PlatformCallError)) throw error;
      if (error.status !== 409) throw new Error(`examples/${place}: ${error.message}`);
    }
    ledger[entry] = digest;
    writeFileSync(path, JSON.stringify(ledger, null, 2));
  }
  return counts;
}
