import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { Client } from "./client.ts";
import { parseJson, readText } from "./json.ts";
import { OpenApi } from "./openapi.ts";
import { ScriptedService } from "./scripted-service.ts";

/** The name under which the platform reaches the scripted service. */
export const SERVICE_HOST = "outside-service:9000";

/** What a test file works with; there from its `beforeAll` on. */
export interface Outside {
  readonly api: Client;
  /** A second tenant, which shares nothing with the first. */
  readonly other: Client;
  readonly service: ScriptedService;
}

interface Running extends Outside {
  stop(): Promise<void>;
}

/**
 * Reaches the platform that OUTSIDE_BASE_URL, OUTSIDE_API_KEY, OUTSIDE_OTHER_KEY name (with `outside-service:9000` in its
 * table of development hosts as 127.0.0.1:OUTSIDE_SERVICE_PORT), else starts one with a data folder of its own.
 */
export function usePlatform(): Outside {
  let running: Running | undefined;
  beforeAll(async () => {
    running = process.env.OUTSIDE_BASE_URL === undefined ? await startOwn() : await reachGiven(process.env.OUTSIDE_BASE_URL);
  }, 120_000);
  afterAll(async () => running?.stop(), 20_000);
  const there = (): Running => {
    if (running === undefined) throw new Error("the platform is not running");
    return running;
  };
  return {
    get api() {
      return there().api;
    },
    get other() {
      return there().other;
    },
    get service() {
      return there().service;
    },
  };
}

async function reachGiven(baseUrl: string): Promise<Running> {
  const { OUTSIDE_API_KEY: key, OUTSIDE_OTHER_KEY: otherKey, OUTSIDE_SERVICE_PORT: port } = process.env;
  if (key === undefined || otherKey === undefined || port === undefined) {
    throw new Error("OUTSIDE_BASE_URL needs OUTSIDE_API_KEY, OUTSIDE_OTHER_KEY and OUTSIDE_SERVICE_PORT beside it");
  }
  const service = await ScriptedService.start(Number(port));
  return { ...(await clientsOf(baseUrl, key, otherKey)), service, stop: () => service.stop() };
}

async function startOwn(): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), "outside-"));
  const service = await ScriptedService.start(0);
  let platform: Platform | undefined;
  const stop = async (): Promise<void> => {
    await platform?.stop();
    await service.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    platform = await startPlatform({ dataDir, hosts: { [SERVICE_HOST]: `127.0.0.1:${service.port}` } });
    const key = await createTenant(platform, "outside-one");
    const otherKey = await createTenant(platform, "outside-two");
    return { ...(await clientsOf(platform.url, key, otherKey)), service, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `npm run tenant -- NAME` does, without a process of its own. */
async function createTenant(platform: Platform, name: string): Promise<string> {
  const response = await fetch(`${platform.url}/internal/tenants`, {
    method: "POST",
    headers: { authorization: `Bootstrap ${platform.bootstrapToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`no tenant: ${response.status} ${text}`);
  return readText(parseJson(text), "key");
}

async function clientsOf(baseUrl: string, key: string, otherKey: string): Promise<{ api: Client; other: Client }> {
  const response = await fetch(new URL("/openapi.json", baseUrl));
  const openApi = new OpenApi(parseJson(await response.text()));
  return { api: new Client(baseUrl, key, openApi), other: new Client(baseUrl, otherKey, openApi) };
}
