import { createHmac, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { TestPlatform } from "../support/test-platform.ts";
import type { EchoService } from "./echo-service.ts";

/* Who may read a secret or an env value, and what is kept of the reading: cases for a platform that the file shares. */

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

interface Ended {
  status: string;
  error?: { code: string; message: string; details?: object };
  result?: { outputs: Record<string, unknown> };
}

/** `echoOf`: the service at `http://echo.test`. */
export function scopedSecrets(platformOf: () => TestPlatform, echoOf: () => EchoService): void {
  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const platform = platformOf();
    const response = await fetch(`${platform.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function put(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await call("PUT", path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  }

  async function start(body: object): Promise<Ended> {
    const begun = await call("POST", "/workflows/executions", body);
    expect(begun.status, JSON.stringify(begun.body)).toBe(202);
    return (await call("GET", `/workflows/executions/${begun.body.execution_id}?wait=50`)).body as unknown as Ended;
  }

  /** A connector whose call sends the secret `name`. */
  async function publishConnector(name: string, secret: string): Promise<void> {
    const http = {
      url: "http://echo.test/echo",
      method: "GET",
      style: "direct",
      headers: { "x-secret": `\${secrets.${secret}}` },
    };
    const action = { name: "send", description: "s", input: {}, handler: { http } };
    const connector = {
      type: "connector",
      kind: "http",
      name,
      namespace: "acme",
      version: "1.2.0",
      displayName: name,
      description: "d",
      runtime: { environment: [{ name: secret, secret: true }] },
    };
    const made = await call("POST", "/plugins", { connector, actions: [action] });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  }

  const sends = (connector: string) => ({
    id: "s",
    connector: `connector:acme/${connector}@1`,
    action: "send",
    retry: { max_attempts: 1 },
  });
  const asks = (secret: string) => ({
    id: "s",
    connector: "connector:community/http@1.0.0",
    action: "request",
    input: { url: "http://echo.test/echo", method: "GET", headers: { "x-secret": `{{ secrets.${secret} }}` } },
    retry: { max_attempts: 1 },
  });
  const refused = (secret: string) => ({
    status: "failed",
    error: { code: "VALIDATION", message: expect.stringContaining(`GET /secrets/${secret}`), details: { secret } },
  });

  describe("a secret with a scope", () => {
    test("is for the connectors that it names alone, in isolated executions too", async () => {
      const value = `v-${randomUUID()}`;
      await put("/secrets/OF_CONNECTOR", { value, scope: { connectors: ["connector:acme/holder@1.2"] } });
      await publishConnector("holder", "OF_CONNECTOR");
      await publishConnector("stranger", "OF_CONNECTOR");
      for (const execution_mode of ["async", "isolated"]) {
        const definition = { name: "Scope", steps: [sends("holder")] };
        expect(await start({ definition, execution_mode })).toMatchObject({ status: "completed" });
        expect(echoOf().secrets.splice(0)).toEqual([value]);
        for (const step of [sends("stranger"), asks("OF_CONNECTOR")]) {
          const ended = await start({ definition: { name: "Scope", steps: [step] }, execution_mode });
          expect(ended).toMatchObject(refused("OF_CONNECTOR"));
        }
      }
      expect(echoOf().secrets).toEqual([]);
    });

    test("is for the published workflows that it names, not for who calls itself so, nor for changed steps", async () => {
      const value = `w-${randomUUID()}`;
      await put("/secrets/OF_WORKFLOW", { value, scope: { workflows: ["Scope payer"] } });
      const definition = { name: "Scope payer", steps: [asks("OF_WORKFLOW")] };
      expect((await call("POST", "/workflows", definition)).status).toBe(201);
      expect((await call("POST", "/workflows", { ...definition, name: "Scope other" })).status).toBe(201);
      expect(await start({ workflow: "scope-payer" })).toMatchObject({ status: "completed" });
      expect(echoOf().secrets.splice(0)).toEqual([value]);
      expect(await start({ workflow: "scope-other" })).toMatchObject(refused("OF_WORKFLOW"));
      expect(await start({ definition })).toMatchObject(refused("OF_WORKFLOW"));
      const input = {
        url: "http://echo.test/echo?elsewhere",
        method: "GET",
        headers: { "x-secret": "{{ secrets.OF_WORKFLOW }}" },
      };
      const changed = { workflow: "scope-payer", overrides: { steps: { s: { input } } } };
      expect(await start(changed)).toMatchObject(refused("OF_WORKFLOW"));
      // A workflow that a published one starts is published, too; what an own definition starts is not.
      const parent = { name: "Scope parent", steps: [{ id: "p", type: "subworkflow", workflow: "scope-payer" }] };
      expect((await call("POST", "/workflows", parent)).status).toBe(201);
      expect(await start({ workflow: "scope-parent" })).toMatchObject({ status: "completed" });
      expect(echoOf().secrets.splice(0)).toEqual([value]);
      expect(await start({ definition: parent })).toMatchObject({ status: "failed" });
      expect(echoOf().secrets).toEqual([]);
    });

    test("proves callers of the hooks of its workflows and of no other", async () => {
      await put("/secrets/OF_HOOK", { value: "h00k-secret", scope: { workflows: ["hooked"] } });
      const hook = (name: string) => ({
        name,
        triggers: [
          {
            type: "webhook",
            path: `/${name}`,
            auth: { type: "hmac-sha256", secret_name: "OF_HOOK", header: "x-signature" },
          },
        ],
        steps: [{ id: "w", type: "wait", duration: 0 }],
      });
      const { url, tenant } = platformOf();
      const send = async (name: string) => {
        const body = JSON.stringify({ once: randomUUID() });
        const signature = createHmac("sha256", "h00k-secret").update(body).digest("hex");
        const init = {
          method: "POST",
          body,
          headers: { "content-type": "application/json", "x-signature": signature },
        };
        return (await fetch(`${url}/hooks/${tenant.tenantId}/${name}`, init)).status;
      };
      for (const name of ["hooked", "unhooked"]) {
        const made = await call("POST", "/workflows", hook(name));
        expect(made.status, JSON.stringify(made.body)).toBe(201);
      }
      expect(await send("hooked")).toBe(202);
      expect(await send("unhooked")).toBe(401);
    });

    test("keeps it when its value is replaced, and loses it when that is said", async () => {
      const scope = { connectors: ["acme/holder"] };
      expect(await put("/secrets/KEPT", { value: "one", scope })).toMatchObject({ scope });
      expect(await put("/secrets/KEPT", { value: "two" })).toMatchObject({ scope });
      expect(await put("/secrets/KEPT", { scope: null })).toMatchObject({ scope: null });
      expect(await call("PUT", "/secrets/NEVER_THERE", { scope })).toMatchObject({ status: 404 });
      expect(await call("PUT", "/secrets/KEPT", {})).toMatchObject({ status: 400 });
    });

    test.each([
      [{ connectors: ["no-such-connector"] }, "/scope/connectors/0"],
      [{ connectors: ["acme/holder", "acme/holder@^1"] }, "/scope/connectors/1"],
      [{ connectors: ["acme/*@1"] }, "/scope/connectors/0"],
      [{ workflows: ["report@latest"] }, "/scope/workflows/0"],
      [{ workflows: [] }, "/scope/workflows"],
      [{ connectors: ["acme/holder"], users: ["me"] }, "/scope/users"],
      [{}, "/scope"],
    ])("%j is refused at its place", async (scope, path) => {
      for (const kind of ["secrets", "env"]) {
        const answer = await call("PUT", `/${kind}/BAD`, { value: "v", scope });
        expect(answer).toMatchObject({
          status: 400,
          body: { details: { problems: [{ path: expect.stringContaining(path) }] } },
        });
      }
    });

    test("of one written name means the connector that workflows mean by it", async () => {
      expect(await put("/secrets/BARE", { value: "v", scope: { connectors: ["http@1"] } })).toMatchObject({
        scope: { connectors: ["community/http@1"] },
      });
    });
  });

  test("an env value with a scope is null for other workflows, and unknown to other connectors", async () => {
    await put("/env/STAGE_OF_ONE", { value: "blue", scope: { workflows: ["scope-reader"] } });
    const outputs = { stage: "{{ env.STAGE_OF_ONE }}" };
    const steps = [{ id: "w", type: "wait", duration: 0 }];
    for (const name of ["Scope reader", "Scope blind"])
      expect((await call("POST", "/workflows", { name, steps, outputs })).status).toBe(201);
    expect(await start({ workflow: "scope-reader" })).toMatchObject({ result: { outputs: { stage: "blue" } } });
    expect(await start({ workflow: "scope-blind" })).toMatchObject({ result: { outputs: { stage: null } } });
    expect(await start({ definition: { name: "Scope reader", steps, outputs } })).toMatchObject({
      result: { outputs: { stage: null } },
    });
  });

  test("a use is dated to about a minute, and in the audit once an hour for each who uses it", async () => {
    const before = Date.now();
    await put("/secrets/USED", { value: `u-${randomUUID()}` });
    expect((await call("GET", "/secrets/USED")).body).toMatchObject({ last_used_at: null });
    await publishConnector("user-of-it", "USED");
    const definition = { name: "Uses", steps: [{ ...sends("user-of-it"), for_each: "{{ range(5) }}" }] };
    for (let times = 0; times < 2; times += 1)
      expect(await start({ definition })).toMatchObject({ status: "completed" });
    echoOf().secrets.splice(0);
    const { last_used_at } = (await call("GET", "/secrets/USED")).body;
    expect(Date.parse(String(last_used_at))).toBeGreaterThanOrEqual(before - 60_000);
    const uses = async () => {
      const { body } = await call("GET", "/audit?action=secret.used&limit=100");
      return (body.data as { subject: string; actor: string }[]).filter(({ subject }) => subject === "USED");
    };
    expect(await uses()).toMatchObject([{ actor: "connector:acme/user-of-it" }]);
    expect(await uses()).toHaveLength(1);
    const other = await call("GET", "/audit?action=env.used&limit=100");
    expect(other.body.data).toMatchObject([{ subject: "STAGE_OF_ONE", actor: "workflow:scope-reader" }]);
  });

  test("rotation notes say when a value is due, counted from when it was last set", async () => {
    const note = "ask the provider's console";
    const made = await put("/secrets/AGED", { value: "v", rotation: { interval: 90, notifyBefore: 7, note } });
    expect(made).toMatchObject({ rotation: { interval: 90, notify_before: 7, note }, rotation_state: "current" });
    const soon = await put("/secrets/AGED", { rotation: { interval: 1, notify_before: 7 } });
    expect(soon).toMatchObject({ rotation_state: "due_soon", rotated_at: made.rotated_at });
    const again = await put("/secrets/AGED", { value: "w" });
    expect(Date.parse(String(again.rotated_at))).toBeGreaterThan(Date.parse(String(made.rotated_at)));
    expect(await put("/secrets/AGED", { rotation: null })).toMatchObject({ rotation: null, rotation_state: null });
    expect((await call("PUT", "/secrets/AGED", { rotation: { interval: 0 } })).status).toBe(400);
  });

  test("a workflow that blocks exposure fails where a secret comes back, in an input or from a connection", async () => {
    await put("/secrets/EXPOSED", { value: `e-${randomUUID()}` });
    const steps = [asks("EXPOSED")];
    for (const security of [{ blockOnExposure: true }, { secretRedaction: { blockOnExposure: true } }]) {
      const ended = await start({ definition: { name: "Exposure", execution: { security }, steps } });
      expect(ended).toMatchObject({
        status: "failed",
        error: { code: "VALIDATION", details: { reason: "secret_exposed" } },
      });
    }
    const masked = await start({ definition: { name: "Exposure", steps, outputs: { all: "{{ steps.s.output }}" } } });
    expect(masked).toMatchObject({ status: "completed" });
    expect(JSON.stringify(masked.result)).toContain("***");
    expect(new Set(echoOf().secrets.splice(0)).size).toBe(1);
  });
}
