import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultPoint } from "../../durable-objects/coordinator/fault-point.ts";
import { startNeonThread } from "../../scripts/neon/start-in-thread.ts";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { migrate } from "../../scripts/platform/migrate.ts";
import { type Runtime, startRuntime, WORKER_ENTRIES } from "../../scripts/platform/runtime.ts";
import { protectRuntime, workerdChildren } from "../../scripts/platform/sandbox-process.ts";
import { loadSecrets } from "../../scripts/platform/secrets.ts";

const ROOT = join(import.meta.dirname, "../..");
const SILENT_MS = 15_000;
const PLAN_MS = 20_000;
const STOPPED = /^stopped at (\S+) (\d+)$/;

/**
 * The platform of a test build: its workerd is ended by SIGKILL at the very place where it says that it stands, and comes back
 * on the same disk. Postgres stays. What a build for tests has and a deployed one does not are the places alone.
 */
export class FaultyPlatform {
  readonly dataDir: string;
  readonly url: string;
  readonly databasePort: number;
  readonly bootstrapToken: string;
  /** Where it was killed, in order. */
  readonly kills: string[] = [];
  readonly #undo: (() => Promise<void>)[] = [];
  #runtime: Runtime | undefined;
  #pid: number | null = null;
  /** Processes beside it: the sandbox of published code. */
  #others: number[] = [];
  #stopped = (_where: string): void => undefined;
  #back = (): void => undefined;

  private constructor(dataDir: string, port: number, databasePort: number, bootstrapToken: string) {
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.databasePort = databasePort;
    this.bootstrapToken = bootstrapToken;
  }

  static async start(hosts: Record<string, string>): Promise<FaultyPlatform> {
    const dataDir = mkdtempSync(join(tmpdir(), "smartify-faults-"));
    mkdirSync(dataDir, { recursive: true });
    const secrets = loadSecrets(dataDir);
    const [port, databasePort] = [await claimPort(0), await claimPort(0)];
    const platform = new FaultyPlatform(dataDir, port, databasePort, secrets.BOOTSTRAP_TOKEN);
    await platform.#start(port, hosts, secrets);
    return platform;
  }

  async #start(port: number, hosts: Record<string, string>, secrets: ReturnType<typeof loadSecrets>): Promise<void> {
    const { dataDir, databasePort } = this;
    const database = await startNeonThread({
      dataDir: join(dataDir, "postgres"),
      postgresUrl: undefined,
      port: databasePort,
    });
    this.#undo.push(() => database.close());
    await migrate(join(ROOT, "migrations"), { neonPort: databasePort });
    const limits = { requests_per_second: 20_000, requests_burst: 40_000 };
    this.#runtime = await startRuntime({
      dataDir,
      port,
      entries: { ...WORKER_ENTRIES, platform: "test/workers/faulty-platform.ts" },
      vars: {
        ENVIRONMENT_NAME: "development",
        DATABASE_URL: "postgres://smartify:smartify@localhost/smartify",
        NEON_LOCAL: `127.0.0.1:${databasePort}`,
        PUBLIC_URL: this.url,
        DEFAULT_LIMITS: JSON.stringify({
          ...limits,
          key_requests_per_second: limits.requests_per_second,
          key_requests_burst: limits.requests_burst,
        }),
        DEVELOPMENT_HOSTS: JSON.stringify(hosts),
        SANDBOX_STUCK_MS: "60000",
        ...secrets,
      },
      onCrash: () => this.#isBack(),
      faults: { log: (line) => this.#read(line) },
    });
    this.#pid = this.#runtime.pid;
    this.#others = workerdChildren().filter((pid) => pid !== this.#pid);
    this.#undo.push(async () => this.#runtime?.stop());
    await this.#runtime.sweep();
  }

  #read(line: string): void {
    const [, point, passage] = STOPPED.exec(line) ?? [];
    if (point === undefined) {
      if (/error/i.test(line)) this.errors.push(line);
      return;
    }
    this.#end(`${point} ${passage}`);
  }

  #end(where: string): void {
    this.#planned = undefined;
    this.killNow();
    this.kills.push(where);
    this.#stopped(where);
  }

  /** Outside of a request workerd may keep a line to itself for as long as the code runs: then its silence says it. */
  async #listen(where: string): Promise<void> {
    while (this.#planned === where) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const asked = fetch(`${this.url}/test/faults`, { signal: AbortSignal.timeout(SILENT_MS) });
      const answered = await asked.then(
        () => true,
        (error: unknown) => !(error instanceof DOMException && error.name === "TimeoutError"),
      );
      if (!answered && this.#planned === where) {
        this.silent.push(where);
        this.#end(where);
      }
    }
  }

  /** Where it stood still and did not say so. */
  readonly silent: string[] = [];
  #planned: string | undefined;

  /** What the Workers said was wrong. */
  readonly errors: string[] = [];

  #backAt: number | undefined = Date.now();

  /** How long ago it was back from the last kill; 0 while it is away. What ends by itself is no kill of ours, and no excuse. */
  get upMs(): number {
    return this.#backAt === undefined ? 0 : Date.now() - this.#backAt;
  }

  #isBack(): void {
    this.#backAt ??= Date.now();
    this.#pid = workerdChildren().find((pid) => !this.#others.includes(pid)) ?? null;
    protectRuntime(this.#pid);
    this.#back();
  }

  /** Ends it the next time but `passage` - 1 that it comes by `point`; answers what tells when it did, and when it is back. */
  async killAt(point: FaultPoint, passage: number): Promise<{ killed: Promise<string>; back: Promise<void> }> {
    const killed = new Promise<string>((resolve) => {
      this.#stopped = resolve;
    });
    const back = new Promise<void>((resolve) => {
      this.#back = resolve;
    });
    this.#planned = `${point} ${passage}`;
    await this.#plan({ point, passage });
    if (this.#planned !== undefined) void this.#listen(this.#planned);
    return { killed, back };
  }

  /** Until it is answered: whoever is just back answers what waits for it first. It may be there before its answer is. */
  async #plan(fault: { point: FaultPoint; passage: number }): Promise<void> {
    while (this.#planned !== undefined) {
      const plan = { method: "POST", body: JSON.stringify(fault), signal: AbortSignal.timeout(PLAN_MS) };
      const answer = await fetch(`${this.url}/test/faults`, plan).catch(() => undefined);
      if (answer?.ok) return;
      if (answer) throw new Error(`no fault could be planned: ${answer.status} ${await answer.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** SIGKILL, wherever it is. */
  killNow(): void {
    this.#backAt = undefined;
    if (this.#pid !== null) process.kill(this.#pid, "SIGKILL");
  }

  /** What the sweeper does each minute, and when a platform starts. A kill may come between. */
  async sweep(): Promise<void> {
    await this.#runtime?.sweep().catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const step of this.#undo.reverse()) await step();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
