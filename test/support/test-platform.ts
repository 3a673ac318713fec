import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTenant } from "../../scripts/create-tenant.ts";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import type { PlatformOptions } from "../../scripts/platform/messages.ts";

export interface TestTenant {
  tenantId: string;
  apiKey: string;
}

/** A whole platform in a folder of its own, with a tenant. */
export interface TestPlatform {
  /** The one that runs now: another one after `restart`. */
  readonly platform: Platform;
  readonly url: string;
  readonly tenant: TestTenant;
  newTenant(name: string): Promise<TestTenant>;
  /** kill -9 of everything, then a start on the same folder and port. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

function textOf(record: Record<string, unknown>, member: string): string {
  const value = record[member];
  if (typeof value !== "string") throw new Error(`The platform made a tenant without ${member}`);
  return value;
}

export async function startTestPlatform(options: Partial<PlatformOptions> = {}): Promise<TestPlatform> {
  const own = options.dataDir === undefined;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "smartify-test-"));
  let platform = await startPlatform({ ...options, dataDir });
  const newTenant = async (name: string): Promise<TestTenant> => {
    const made = await createTenant(dataDir, platform.url, name);
    return { tenantId: textOf(made, "tenant_id"), apiKey: textOf(made, "api_key") };
  };
  const tenant = await newTenant("test");
  return {
    get platform() {
      return platform;
    },
    get url() {
      return platform.url;
    },
    tenant,
    newTenant,
    async restart() {
      const { port } = platform;
      await platform.kill();
      platform = await startPlatform({ ...options, dataDir, port });
    },
    async close() {
      await platform.kill();
      if (own) rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
