import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { Pool } from "undici";
import { tenantObjectName } from "../../contracts/placement.ts";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { QUIET_RUNTIME } from "../../scripts/platform/quiet-runtime.ts";
import {
  buildWorker,
  COMPATIBILITY_DATE,
  type DescribedWorker,
  describeWorkers,
  LOCAL_NETWORK,
  WORKER_ENTRIES,
} from "../../scripts/platform/runtime.ts";
import { loadSecrets } from "../../scripts/platform/secrets.ts";
import { seal } from "../../vault/vault.ts";
import { findWorkerd } from "../measure/processes.ts";
import { CONTEXT, TOKEN } from "./call-cases.ts";
import type { CallRequest } from "./call-request.ts";
import { PINS, SUMS_HOST } from "./connectors.ts";
import { openSums } from "./open-sums.ts";

const CALLER = "bench-caller";
const ADDER = "bench-adder";
const OBJECT = tenantObjectName(CONTEXT);

/** A workerd with the Workers of a platform, a Worker that calls them, and what the floor calls. */
export interface OpenCalls {
  workerdPid: number;
  sumsUrl: string;
  /** Resolves when all of it is done; rejects where a call gave what it should not. */
  ask(request: CallRequest): Promise<void>;
  close(): Promise<void>;
}

/**
 * All Workers in one workerd, as a deployment binds them: locally the sandbox of code connectors is a process of its own, which costs a
 * call a socket besides. No database is needed, since no execution is started.
 */
export async function openCalls(dataDir: string): Promise<OpenCalls> {
  await mkdir(dataDir, { recursive: true });
  const sums = await openSums();
  const secrets = loadSecrets(dataDir);
  const port = await claimPort(0);
  const described = describeWorkers({
    dataDir,
    port: await claimPort(0),
    entries: WORKER_ENTRIES,
    vars: {
      ENVIRONMENT_NAME: "development",
      PUBLIC_URL: "http://platform.bench",
      DEVELOPMENT_HOSTS: JSON.stringify({ [SUMS_HOST]: `127.0.0.1:${sums.port}` }),
      ...secrets,
    },
    onCrash: () => undefined,
  });
  const miniflare = new Miniflare({
    ...QUIET_RUNTIME,
    resourcePersistencePath: join(dataDir, "objects"),
    workers: await Promise.all([...described, ...callers(port)].map((worker) => buildWorker(worker))),
  });
  await miniflare.ready;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, pipelining: 1 });
  const opened: OpenCalls = {
    workerdPid: await findWorkerd(process.pid, port),
    sumsUrl: `http://127.0.0.1:${sums.port}/add`,
    async ask(request) {
      const { statusCode, body } = await pool.request({ method: "POST", path: "/", body: JSON.stringify(request) });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`the caller answered ${statusCode}: ${text}`);
    },
    async close() {
      await pool.close();
      sums.close();
      await miniflare.dispose();
    },
  };
  await opened.ask({ kind: "connection", object: OBJECT, connection: await sealedToken(secrets.MASTER_KEY) });
  return opened;
}

function callers(port: number): DescribedWorker[] {
  const plugin = (worker: string) => ({ type: "worker", worker }) as const;
  return [
    {
      entry: "bench/calls/workers/caller.ts",
      config: {
        name: CALLER,
        compatibilityDate: COMPATIBILITY_DATE,
        env: {
          TOOLBOX_PLUGIN: plugin("smartify-toolbox-plugin"),
          HTTP_PLUGIN: plugin("smartify-http-plugin"),
          CODE_PLUGIN: plugin("smartify-code-plugin"),
          ADDER: plugin(ADDER),
          NETWORK: LOCAL_NETWORK,
          TENANT: { type: "durable-object", worker: "smartify-platform", exportName: "Tenant" },
          LOADER: { type: "worker-loader" },
        },
      },
      dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }] },
    },
    {
      entry: "bench/floor/workers/adder.ts",
      config: { name: ADDER, compatibilityDate: COMPATIBILITY_DATE, env: {} },
    },
  ];
}

async function sealedToken(masterKey: string) {
  const { namespace, connector } = PINS.httpWithKey;
  const id = "conn_bench";
  const place = { tenantId: CONTEXT.tenantId, purpose: "connection", id };
  const sealed = await seal(masterKey, place, JSON.stringify({ token: TOKEN }));
  return { id, connector: `${namespace}/${connector}`, name: "default", type: "BEARER", config: {}, sealed };
}
