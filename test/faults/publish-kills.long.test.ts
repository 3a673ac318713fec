import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { COUNTING_CONNECTOR, CountingService } from "./counting-service.ts";

/*
 * kill -9 of the whole platform while versions of a connector and of a workflow are being published: what was answered is there
 * afterwards, whole; what was not is there whole or not at all, and publishing it again settles it.
 */

const KILLS = Number(process.env.KILLS ?? 10);

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

let service: CountingService;
let platform: Platform;
let apiKey: string;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-publish-kill-"));

async function boot(): Promise<void> {
  platform = await startPlatform({ dataDir, hosts: { "counting-service:9000": service.address } });
}

/** Undefined where the platform was killed under it. */
async function send(method: string, path: string, body?: string | object): Promise<Answer | undefined> {
  const type = typeof body === "string" ? "application/yaml" : "application/json";
  try {
    const response = await fetch(platform.url + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { "content-type": type }) },
      body: typeof body === "object" ? JSON.stringify(body) : body,
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}

/** An answer of a platform that is up: one that came up a moment ago may say 503, which is to be repeated. */
async function insist(method: string, path: string, body?: object): Promise<Answer | undefined> {
  for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const answer = await send(method, path, body);
    if ((answer && answer.status !== 503) || Date.now() > end) return answer;
  }
}

beforeAll(async () => {
  service = await CountingService.start();
  await boot();
  apiKey = String((await createTenant(dataDir, platform.url, "Publish")).api_key);
});
afterAll(async () => {
  await platform?.kill();
  service?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const connector = (version: string): string => COUNTING_CONNECTOR.replace("version: 1.0.0", `version: ${version}`);
const workflow = (version: string, of: string): object => ({
  workflows: [
    {
      name: "published",
      version,
      steps: [
        {
          id: "work",
          connector: `connector:community/counting@${of}`,
          action: "work",
          input: { ms: 1, after: version },
        },
      ],
      outputs: { nonce: "{{ steps.work.output.nonce }}" },
    },
  ],
});

/** Publishes again until it is there: as new, or as what it was the first time. */
async function settle(path: string, body: string | object): Promise<void> {
  for (;;) {
    const answer = await send("POST", path, body);
    if (answer === undefined || answer.status >= 500) continue;
    expect([200, 201, 409], JSON.stringify(answer.body)).toContain(answer.status);
    return;
  }
}

test(`${KILLS} kills while versions are published: each is there whole, and runs`, async () => {
  expect((await send("POST", "/plugins", connector("1.0.0")))?.status).toBe(201);
  const moments: string[] = [];
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const version = `1.0.${kill}`;
    const previous = `1.0.${kill - 1}`;
    const publishing = Promise.all([
      send("POST", "/plugins", connector(version)),
      send("POST", "/workflows", workflow(version, previous)),
    ]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    await platform.kill();
    const [plugin, flow] = await publishing;
    moments.push(`${plugin?.status ?? "–"}/${flow?.status ?? "–"}`);
    await boot();
    // What was answered stands; what was not is whole or absent.
    const versions = (await insist("GET", "/connectors/community/counting"))?.body.versions as string[];
    if (plugin?.status === 201) expect(versions).toContain(version);
    const kept = await insist("GET", `/workflows/published/versions/${version}`);
    if (flow?.status === 201) expect(kept?.status).toBe(200);
    for (const each of versions)
      expect((await insist("GET", `/connectors/community/counting/${each}`))?.status, `${each} is listed`).toBe(200);
    await settle("/plugins", connector(version));
    await settle("/workflows", workflow(version, previous));
    const started = await insist("POST", "/workflows/executions", {
      workflow: `published@${version}`,
      execution_mode: "sync",
    });
    expect(started?.body, JSON.stringify(started?.body)).toMatchObject({ status: "completed" });
  }
  console.log(`answers of plugin/workflow before each kill: ${moments.join(" ")}`);
  const calls = service.calls.map(({ input }) => String(input.after));
  expect(new Set(calls).size).toBe(KILLS);
}, 600_000);
