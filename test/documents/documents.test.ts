import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

const ROOT = join(import.meta.dirname, "../..");
let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.close());

/** The fenced blocks of a document in one language, in order. */
function blocksOf(path: string, language: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block ?? "");
}

async function publish(path: string, yaml: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/yaml" };
  const response = await fetch(`${platform.url}${path}`, { method: "POST", headers, body: yaml });
  return response.json();
}

test("the README's first workflow runs as it is written, from the shell", async () => {
  const folder = mkdtempSync(join(tmpdir(), "smartify-readme-"));
  try {
    const dev = { base_url: platform.url, api_key: platform.tenant.apiKey, pid: process.pid };
    mkdirSync(join(folder, ".smartify"));
    writeFileSync(join(folder, ".smartify/dev.json"), JSON.stringify(dev));
    const script = blocksOf("README.md", "sh").filter((block) => !block.includes("npm start"));
    expect(script.length).toBeGreaterThan(4);
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script.join("\n")], {
      cwd: folder,
    });
    for (const part of [
      '"valid":true',
      '"status":"published"',
      '"gross":119',
      '"label":"100 and 19 of tax"',
      '"gross":95.2',
    ]) {
      expect(stdout).toContain(part);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the connector of the guide is accepted", async () => {
  const [connector = ""] = blocksOf("docs/guide/connectors.md", "yaml");
  expect(await publish("/connectors", connector)).toMatchObject({
    status: "published",
    slug: "chat",
    namespace: "acme",
  });
});

test("the workflow of the guide is accepted once the weather connector is there", async () => {
  await publish("/connectors", readFileSync(join(ROOT, "examples/weather/connector.yaml"), "utf8"));
  const [workflow = ""] = blocksOf("docs/guide/workflows.md", "yaml");
  expect(await publish("/workflows", workflow)).toMatchObject({ status: "published", slug: "weather-report" });
});
