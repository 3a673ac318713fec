import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { TestPlatform } from "../support/test-platform.ts";
import type { EchoService } from "./echo-service.ts";

/* Connections whose values name secrets and env values (section 6): cases for a platform that the file shares. */

/** `echoOf`: the service at `http://echo.test`, which sends back what it was sent. */
export function namedSecrets(platformOf: () => TestPlatform, echoOf: () => EchoService): void {
  async function call(method: string, path: string, body?: unknown, key = platformOf().tenant.apiKey) {
    const response = await fetch(`${platformOf().url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function must(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await call(method, path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body;
  }

  const connector = (name: string, module?: string) => ({
    connector: { type: "connector", kind: module ? "code" : "http", name, namespace: "acme", version: "1.0.0" },
    auth: { type: "customHeader" },
    actions: [
      {
        name: "send",
        input: {},
        handler: module ? { code: { module, hosts: ["connection"] } } : { http: { url: "/echo", method: "GET" } },
      },
    ],
  });

  async function run(name: string, mode = "async") {
    const steps = [{ id: "s", connector: `connector:acme/${name}@1`, action: "send", retry: { max_attempts: 1 } }];
    const definition = { name: "Named", steps, outputs: { all: "{{ steps.s.output }}" } };
    const started = await must("POST", "/workflows/executions", { definition, execution_mode: mode });
    return (await call("GET", `/workflows/executions/${started.execution_id}?wait=50`)).body;
  }

  const values = { headers: { "x-named": "Key ${secrets.NAMED}" }, base_url: "http://${env.NAMED_HOST}.test" };
  const connection = (name: string, more: object = {}) => ({
    connector: `acme/${name}`,
    name: "default",
    type: "CUSTOM_HEADER",
    values,
    ...more,
  });

  describe("a connection that names a secret", () => {
    test("sends its value at the request, in declarative and in code connectors, and nothing that is kept shows it", async () => {
      const first = `n-${randomUUID()}`;
      await must("PUT", "/secrets/NAMED", { value: first });
      await must("PUT", "/env/NAMED_HOST", { value: "echo" });
      const module = `export const send = async () => { const r = await fetch("/echo"); return await r.json(); };`;
      for (const [name, code] of [["named"], ["named-code", module]] as [string, string?][]) {
        await must("POST", "/connectors", connector(name, code));
        const made = await must("POST", "/connections", connection(name));
        expect(made).toMatchObject({ config: { base_url: "http://${env.NAMED_HOST}.test" } });
        expect(await call("POST", `/connections/${made.id}/test`)).toMatchObject({ body: { ok: true } });
        for (const mode of ["async", "isolated"]) {
          const ended = await run(name, mode);
          expect(ended, JSON.stringify(ended)).toMatchObject({ status: "completed" });
          expect(echoOf().heard.splice(0)).toMatchObject([{ "x-named": `Key ${first}` }]);
          expect(JSON.stringify(ended)).not.toContain(first);
          expect(JSON.stringify(ended)).toContain("***");
        }
      }
      expect((await call("GET", "/secrets/NAMED")).body.last_used_at).toEqual(expect.any(String));
    }, 60_000);

    test("fails by the secret's name where it is not set, or not for this connector", async () => {
      const scope = { connectors: ["acme/named"] };
      await must("PUT", "/secrets/NAMED_ONE", { value: `o-${randomUUID()}`, scope });
      for (const [name, secret] of [
        ["named-scope", "NAMED_ONE"],
        ["named-unset", "NAMED_NEVER"],
      ] as const) {
        await must("POST", "/connectors", connector(name));
        const own = { headers: { "x-named": `{{ secrets.${secret} }}` }, base_url: "http://echo.test" };
        const made = await must("POST", "/connections", connection(name, { values: own }));
        const ended = await run(name);
        const message = expect.stringContaining(`GET /secrets/${secret}`);
        expect(ended).toMatchObject({ status: "failed", error: { code: "VALIDATION", message, details: { secret } } });
        expect((await call("POST", `/connections/${made.id}/test`)).body).toMatchObject({ ok: false, message });
      }
      expect(echoOf().heard).toEqual([]);
    });

    test("is not written by a key that may not write secrets, nor by a person who has a link", async () => {
      const key = await must("POST", "/keys", {
        name: "connections alone",
        scopes: ["connections:read", "connections:write", "connectors:read"],
      });
      const other = connection("named", { name: "other" });
      expect(await call("POST", "/connections", other, String(key.key))).toMatchObject({
        status: 403,
        body: { code: "FORBIDDEN", details: { scope: "secrets:write" } },
      });
      const plain = { headers: { "x-named": "plain" } };
      const made = await call(
        "POST",
        "/connections",
        connection("named", { name: "other", values: plain }),
        String(key.key),
      );
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      expect((await call("PATCH", `/connections/${made.body.id}`, { values }, String(key.key))).status).toBe(403);
      const { connect_url } = await must("POST", "/connections/links", { connector: "acme/named", end_user: "eve" });
      const page = await (await fetch(String(connect_url))).text();
      const field = /<input name="([^"]+)"/.exec(page)?.[1] ?? "";
      for (const typed of ["${secrets.NAMED}", "{{ secrets.NAMED }}", "a ${env.NAMED_HOST}"]) {
        const sent = await fetch(String(connect_url), {
          method: "POST",
          body: new URLSearchParams({ [field]: typed }),
        });
        expect(sent.status, await sent.text()).toBe(400);
      }
    });
  });
}
