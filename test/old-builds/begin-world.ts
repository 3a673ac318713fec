import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { JsonObject } from "../../engine/json.ts";
import { callPlatform } from "../../scripts/call-platform.ts";
import type { Platform } from "../../scripts/platform/start-platform.ts";
import { OldClient } from "./old-client.ts";
import type { OldService } from "./old-service.ts";
import { AT_ONCE, OLD_CONNECTORS, type OldCase, oldCases, oldWorkflows, TASK_WORKFLOW } from "./old-world.ts";
import type { OldExecution, OldTenant, OldWorldFile } from "./world-file.ts";

const HOOK_SECRET = "of the hook";
const PATIENCE_MS = 60_000;

async function until(what: () => string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`never: ${what()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

class OldPlatform {
  readonly platform: Platform;
  readonly #secrets: { BOOTSTRAP_TOKEN: string };

  constructor(platform: Platform) {
    this.platform = platform;
    this.#secrets = JSON.parse(readFileSync(join(platform.dataDir, "secrets.json"), "utf8"));
  }

  internal(method: "POST" | "PUT", path: string, json: object): Promise<Record<string, unknown>> {
    return callPlatform(this.platform.url, {
      method,
      path,
      authorization: `Bootstrap ${this.#secrets.BOOTSTRAP_TOKEN}`,
      json,
    });
  }

  async tenant(name: string): Promise<OldTenant> {
    const made = await this.internal("POST", "/internal/tenants", { name });
    return { tenantId: String(made.tenant_id), apiKey: String(made.api_key) };
  }

  client({ apiKey }: OldTenant): OldClient {
    return new OldClient(this.platform.url, apiKey);
  }
}

/** Connectors, workflows, settings: what a tenant has. Answers whether the build knows tasks. */
async function furnish(client: OldClient, ahead: number): Promise<boolean> {
  for (const name of ["TOKEN", "HOOK"])
    await client.ok("PUT", `/secrets/${name}`, { value: name === "HOOK" ? HOOK_SECRET : "s3cr3t-of-old" });
  await client.ok("PUT", "/env/REGION", { value: "eu-1" });
  for (const connector of OLD_CONNECTORS) {
    const { status } = await client.ask(
      "POST",
      "/plugins",
      connector.replace("  displayName:", `${AT_ONCE}  displayName:`),
    );
    if (status !== 201) await client.ok("POST", "/plugins", connector);
  }
  await client.ok("POST", "/connections", {
    connector: "connector:community/guarded",
    name: "default",
    type: "API_KEY",
    values: { api_key: "key-of-old" },
  });
  await client.ok("POST", "/workflows", { workflows: [...oldWorkflows(ahead)] });
  const { paths } = await client.ok("GET", "/openapi.json");
  const knows = JSON.stringify(paths).includes('"/tasks/');
  if (knows) await client.ok("POST", "/workflows", TASK_WORKFLOW);
  return knows;
}

async function record(client: OldClient, id: string): Promise<ExecutionRecord> {
  const answer: unknown = await client.ok("GET", `/workflows/executions/${id}`);
  return answer as ExecutionRecord;
}

async function begin(client: OldClient, old: OldCase): Promise<string> {
  const { workflow, inputs = {}, start = {} } = old;
  const body = { workflow, inputs, execution_mode: "async", ...start };
  const { execution_id: id } = await client.ok("POST", "/workflows/executions", body);
  if (old.first !== undefined)
    await until(
      () => `${old.label} is ${old.first}`,
      async () => (await record(client, String(id))).status === old.first,
    );
  for (const { path, body: act } of old.acts ?? []) await client.ok("POST", path.replace("{id}", String(id)), act);
  return String(id);
}

/** Begins everything of old-world.ts, and waits until each execution is what it is to be. `ahead`: seconds until what is to come later. */
export async function beginWorld(
  running: Platform,
  service: OldService,
  ahead: number,
): Promise<Omit<OldWorldFile, "commit" | "madeAt">> {
  const platform = new OldPlatform(running);
  const [tenant, narrow] = [await platform.tenant("old"), await platform.tenant("narrow")];
  await platform.internal("PUT", "/internal/limits", {
    tenant_id: narrow.tenantId,
    limits: { concurrent_executions: 1 },
  });
  const client = platform.client(tenant);
  const small = platform.client(narrow);
  const hasTasks = await furnish(client, ahead);
  await furnish(small, ahead);
  const endpoint = await client.ok("POST", "/webhooks/endpoints", {
    url: "http://old-receiver:9000/endpoint",
    event_types: ["workflow.completed"],
  });
  const revoked = await client.ok("POST", "/keys", {
    name: "revoked",
    environment: "live",
    scopes: ["executions:read"],
  });
  await client.ok("DELETE", `/keys/${String(revoked.id)}`);
  const begun: { old: OldCase; id: string; by: OldClient }[] = [];
  for (const old of oldCases(ahead)) {
    if (old.needs === "tasks" && !hasTasks) continue;
    const by = old.narrow ? small : client;
    begun.push({ old, by, id: await begin(by, old) });
  }
  for (const { old, id, by } of begun) {
    let last = "";
    await until(
      () => `${old.label} is ${old.was}: ${last}`,
      async () => {
        const found = await record(by, id);
        last = JSON.stringify(found);
        return found.status === old.was;
      },
    );
  }
  const heldCalls = (): number => service.calls.filter(({ input }) => input.hold === true).length;
  const wanted = JSON.stringify(begun.map(({ old }) => old.workflow)).split('"held"').length - 1;
  await until(
    () => "all calls are there",
    async () => heldCalls() >= wanted + 8,
  );
  await until(
    () => "a failed delivery is to be tried again",
    async () => {
      const { data } = await client.ok("GET", "/webhooks/deliveries?status=pending");
      return Array.isArray(data) && data.length > 0;
    },
  );
  const { data: listed } = await client.ok("GET", "/triggers?workflow=echo");
  const triggers = Object.fromEntries(
    (Array.isArray(listed) ? (listed as JsonObject[]) : []).map(({ name, id }) => [String(name), String(id)]),
  );
  const executions: OldExecution[] = [];
  for (const { old, id, by } of begun) {
    const events = (await by.ok("GET", `/workflows/executions/${id}/events`)).data as unknown as OldExecution["events"];
    executions.push({ ...old, id, record: await record(by, id), events });
  }
  return {
    tenant,
    narrow,
    revokedKey: String(revoked.key),
    hookSecret: HOOK_SECRET,
    endpointSecret: String(endpoint.secret),
    triggers,
    executions,
    done: service.calls.filter(({ done }) => done).map(({ key }) => key),
    tasks: Object.fromEntries(
      begun.flatMap(({ id }) =>
        [...service.tasks].filter(([key]) => key.startsWith(id)).map(([, token]) => [id, token]),
      ),
    ),
  };
}
