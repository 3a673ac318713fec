import { afterAll, beforeAll } from "vitest";
import { changeLimits } from "../../scripts/change-limits.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { Client } from "./client.ts";
import { FLAKY } from "./flaky-connector.ts";
import { isMap, type JsonMap, parseJson } from "./json.ts";
import { OpenApi } from "./openapi.ts";
import { ScriptedService } from "./scripted-service.ts";
import { SERVICE_HOST } from "./use-platform.ts";

/** A tenant that nobody else uses: what it has used is known to the unit. */
export interface OwnTenant {
  api: Client;
  /** A step of the scripted service's connector, which this tenant has in a namespace of its own. */
  step(id: string, action: string, input: JsonMap, more?: JsonMap): JsonMap;
}

export interface Tenants {
  readonly service: ScriptedService;
  /** Makes a tenant, with these limits. */
  tenant(name: string, limits?: Record<string, number>): Promise<OwnTenant>;
  /** kill -9 of everything, then a start on the same folder and port. */
  restart(): Promise<void>;
}

/** A platform on which tests make tenants of their own; all suites of a file share it. */
export function useTenants(): Tenants {
  shared ??= share();
  return shared;
}

let shared: Tenants | undefined;

function share(): Tenants {
  let running: { platform: TestPlatform; service: ScriptedService; openApi: OpenApi } | undefined;
  const clients: Client[] = [];
  beforeAll(async () => {
    const service = await ScriptedService.start(0);
    const platform = await startTestPlatform({ hosts: { [SERVICE_HOST]: `127.0.0.1:${service.port}` } });
    const response = await fetch(new URL("/openapi.json", platform.url));
    running = { platform, service, openApi: new OpenApi(parseJson(await response.text())) };
  }, 120_000);
  afterAll(async () => {
    await running?.platform.close();
    await running?.service.stop();
    const wrong = clients.flatMap((client) => [...client.disagreements]);
    if (wrong.length > 0) throw new Error(wrong.map((pair) => pair.join("\n    ")).join("\n  "));
  }, 20_000);
  const there = (): NonNullable<typeof running> => {
    if (running === undefined) throw new Error("the platform is not running");
    return running;
  };
  return {
    get service() {
      return there().service;
    },
    async tenant(name, limits) {
      const { platform, openApi } = there();
      const { tenantId, apiKey } = await platform.newTenant(name);
      if (limits !== undefined) await changeLimits(platform.platform.dataDir, platform.url, tenantId, limits);
      const api = new Client(platform.url, apiKey, openApi);
      clients.push(api);
      const namespace = `own-${name}`;
      const connector: JsonMap = { ...(isMap(FLAKY.connector) ? FLAKY.connector : {}), namespace };
      const published = await api.post("/plugins", { ...FLAKY, connector });
      if (published.status !== 201) throw new Error(`${published.status} ${published.text}`);
      const step: OwnTenant["step"] = (id, action, input, more = {}) => ({
        id,
        connector: `connector:${namespace}/flaky@1.0.1`,
        action,
        input,
        ...more,
      });
      return { api, step };
    },
    restart: () => there().platform.restart(),
  };
}
