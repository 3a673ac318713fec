import { afterAll, beforeAll } from "vitest";
import { startTestPlatform } from "../support/test-platform.ts";
import { Client } from "./client.ts";
import { parseJson } from "./json.ts";
import { OpenApi } from "./openapi.ts";
import { ScriptedService } from "./scripted-service.ts";

/** The name under which the platform reaches the scripted service. */
export const SERVICE_HOST = "outside-service:9000";

/** What every suite works with; there from its `beforeAll` on. */
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
 * All suites share one platform.
 * Reaches the platform that OUTSIDE_BASE_URL, OUTSIDE_API_KEY, OUTSIDE_OTHER_KEY name (with `outside-service:9000` in its
 * table of development hosts as 127.0.0.1:OUTSIDE_SERVICE_PORT), else starts one with a data folder of its own.
 */
export function usePlatform(): Outside {
  shared ??= share();
  return shared;
}

let shared: Outside | undefined;

function share(): Outside {
  let running: Running | undefined;
  beforeAll(async () => {
    running =
      process.env.OUTSIDE_BASE_URL === undefined ? await startOwn() : await reachGiven(process.env.OUTSIDE_BASE_URL);
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    const wrong = [...(running?.api.disagreements ?? []), ...(running?.other.disagreements ?? [])];
    if (wrong.length > 0) throw new Error(wrong.map((pair) => pair.join("\n    ")).join("\n  "));
  }, 20_000);
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
  const service = await ScriptedService.start(0);
  try {
    const platform = await startTestPlatform({ hosts: { [SERVICE_HOST]: `127.0.0.1:${service.port}` } });
    const stop = async (): Promise<void> => {
      await platform.close();
      await service.stop();
    };
    const other = await platform.newTenant("outside-other");
    return { ...(await clientsOf(platform.url, platform.tenant.apiKey, other.apiKey)), service, stop };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function clientsOf(baseUrl: string, key: string, otherKey: string): Promise<{ api: Client; other: Client }> {
  const response = await fetch(new URL("/openapi.json", baseUrl));
  const openApi = new OpenApi(parseJson(await response.text()));
  return { api: new Client(baseUrl, key, openApi), other: new Client(baseUrl, otherKey, openApi) };
}
