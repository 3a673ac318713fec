import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTenant } from "../create-tenant.ts";
import { type Platform, startPlatform } from "../platform/start-platform.ts";
import { CutWire } from "./cut-wire.ts";
import { SOAK_HOST } from "./connector.ts";

export interface Answer {
  status: number;
  text: string;
}

/** Longer than anything takes that is not broken: what ends a request is a kill. */
const PATIENCE_MS = 60_000;

/** A whole platform in a folder of its own, which is killed and comes back, and the tenant whose executions soak. */
export class SoakPlatform {
  readonly dataDir = mkdtempSync(join(tmpdir(), "smartify-soak-"));
  readonly wire: CutWire;
  /** When it was killed, epoch ms. */
  readonly kills: number[] = [];
  apiKey = "";
  tenantId = "";
  readonly #serviceAddress: string;
  #platform: Platform | undefined;
  #port = 0;

  private constructor(wire: CutWire, serviceAddress: string) {
    this.wire = wire;
    this.#serviceAddress = serviceAddress;
  }

  static async start(serviceAddress: string): Promise<SoakPlatform> {
    const platform = new SoakPlatform(await CutWire.open(), serviceAddress);
    await platform.#boot();
    const { url } = platform.#now();
    const { api_key: apiKey, tenant_id: tenantId } = await createTenant(platform.dataDir, url, "soak");
    platform.apiKey = String(apiKey);
    platform.tenantId = String(tenantId);
    return platform;
  }

  get bootstrap(): { url: string; token: string } {
    const { url, bootstrapToken } = this.#now();
    return { url, token: bootstrapToken };
  }

  get logFile(): string {
    return join(this.dataDir, "platform.log");
  }

  /** kill -9 of all of it, and a start on the same folder and port. */
  async kill(): Promise<void> {
    await this.#now().kill();
    this.kills.push(Date.now());
    this.wire.target = 0;
    await this.#boot();
  }

  /** Undefined when nobody answered, as happens around a kill. */
  async ask(
    method: string,
    path: string,
    body?: string | object,
    headers: Record<string, string> = {},
  ): Promise<Answer | undefined> {
    const type = typeof body === "string" ? "application/yaml" : "application/json";
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.apiKey}`,
          ...(body === undefined ? {} : { "content-type": type }),
          ...headers,
        },
        body: typeof body === "object" ? JSON.stringify(body) : body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }

  async close(keepsFolder: boolean): Promise<void> {
    await this.#platform?.kill();
    this.wire.close();
    if (!keepsFolder) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 10 });
  }

  async #boot(): Promise<void> {
    this.#platform = await startPlatform({
      dataDir: this.dataDir,
      port: this.#port,
      services: false,
      hosts: { [SOAK_HOST]: this.#serviceAddress },
      vars: { NEON_LOCAL: this.wire.address },
    });
    this.#port = this.#platform.port;
    this.wire.target = this.#platform.databasePort;
  }

  #now(): Platform {
    if (!this.#platform) throw new Error("the platform has not been started");
    return this.#platform;
  }
}
