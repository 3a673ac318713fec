import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Result } from "../../contracts/errors.ts";
import type { ToolsAnswer } from "../../contracts/mcp-rpc.ts";
import type { TelemetryAnswer } from "../../contracts/telemetry.ts";
import type { WebhookAnswer } from "../../contracts/webhook-delivery.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { seal } from "../../vault/vault.ts";
import { redirect, redirectsHome, startEgressWorld } from "./egress-world.ts";
import { CONTEXT, httpCall, MASTER_KEY } from "./http-plugin.ts";

/* Webhooks, telemetry, OAuth, MCP, health checks, code and isolates leave by the same rules as http actions (threats T1 to T3, T26). */

const world = await startEgressWorld();
const { plugin, canary, net, home, other, resolver } = world;
afterAll(() => world.close());
beforeEach(() => world.forget());

describe("every other way out", () => {
  const owner = { tenantId: CONTEXT.tenantId, environment: CONTEXT.environment };
  const sealed = (purpose: string, id: string, text: string) =>
    seal(MASTER_KEY, { tenantId: owner.tenantId, purpose, id }, text);
  const inside = () => [
    `https://127.0.0.1:${canary.port}/`,
    `https://localhost:${canary.port}/`,
    "https://169.254.169.254/",
    "https://[::1]/",
    "https://metadata.google.internal/",
    "https://a.rebind.com/",
  ];
  beforeEach(() =>
    resolver.answer({ "a.rebind.com": { A: [["10.0.0.1"]] }, "fine.smartify-tests.com": { A: [["8.8.8.8"]] } }),
  );
  /** A redirect by somebody who may be called, on the internet or at home. */
  const detour = (host: string, target: string) => `${host}${redirect(307, target)}`;
  const canaryUrl = () => world.canaryUrl;

  test("webhooks go nowhere inside, and follow no redirect", async () => {
    const secrets = [{ place: "w", sealed: await sealed("webhook", "w", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") }];
    const deliver = (url: string) =>
      plugin.ask<WebhookAnswer>("deliver", [{ ...owner, url, id: "msg_1", body: "{}", secrets }], { production: true });
    for (const url of [...inside(), canaryUrl()])
      expect(await deliver(url), url).toMatchObject({ status: null, fault: "egress" });
    expect(await deliver(detour("https://fine.smartify-tests.com", canaryUrl()))).toMatchObject({ status: 307 });
    expect([canary.arrived, net.arrived.length]).toEqual([[], 1]);
  });

  test("telemetry goes nowhere inside, and follows no redirect", async () => {
    const send = (url: string) =>
      plugin.ask<TelemetryAnswer>("sendTelemetry", [{ ...owner, url, sealedHeaders: null, body: "{}" }], {
        production: true,
      });
    for (const url of [...inside(), canaryUrl()]) {
      const answer = await send(url);
      expect(answer, url).toMatchObject({
        status: null,
        retryable: false,
        message: expect.stringContaining("not allowed"),
      });
    }
    expect(await send(detour("https://fine.smartify-tests.com", canaryUrl()))).toMatchObject({ status: 307 });
    expect([canary.arrived, net.arrived.length]).toEqual([[], 1]);
  });

  test("OAuth providers stand nowhere inside, and a redirect carries no client secret away", async () => {
    let count = 0;
    const check = async (config: Record<string, string>) => {
      count += 1;
      const id = `con_oauth_${count}`;
      const connection = {
        id,
        connector: "acme/oauth",
        name: id,
        type: "OAUTH2",
        config: { flow: "client_credentials", client_id: "app", ...config },
        sealed: await sealed("connection", id, JSON.stringify({ client_secret: "s3cr3t-of-client" })),
      };
      return plugin.ask<Result<object>>("checkConnection", [owner, connection], { production: true });
    };
    for (const url of inside()) {
      for (const name of ["token_url", "issuer"])
        expect(await check({ [name]: url }), url).toMatchObject({
          ok: false,
          message: expect.stringMatching(/not allowed/),
        });
    }
    const away = await check({ token_url: detour("https://fine.smartify-tests.com", "https://8.8.8.8/steal") });
    expect(away).toMatchObject({
      ok: false,
      message: expect.stringMatching(/not allowed: a redirect would carry/),
    });
    const inwards = await check({ issuer: detour("https://fine.smartify-tests.com", canaryUrl()) });
    expect(inwards.ok).toBe(false);
    expect(canary.arrived).toEqual([]);
    expect(net.arrived.filter(({ path }) => path === "/steal")).toEqual([]);
  });

  test("MCP servers stand nowhere inside, and redirects are checked again", async () => {
    const list = (url: string, production = true) => {
      const question = { ...owner, connector: "acme/mcp", handler: { kind: "mcp", url } };
      return plugin.ask<ToolsAnswer>("listTools", [question], { production });
    };
    for (const url of [...inside(), canaryUrl()])
      expect(await list(url), url).toMatchObject({ ok: false, failure: { code: "FORBIDDEN" } });
    for (const target of [canaryUrl(), "https://a.rebind.com/"])
      expect(await list(redirectsHome(307, target), false)).toMatchObject({
        ok: false,
        failure: { code: "FORBIDDEN" },
      });
    expect([canary.arrived, net.arrived, home.arrived.length > 0]).toEqual([[], [], true]);
  });

  test("services are asked for their health nowhere inside, and follow no redirect", async () => {
    const probe = (url: string) => plugin.ask<{ health: string }>("probeInstance", [url]);
    for (const url of [...inside(), canaryUrl()]) expect(await probe(url), url).toEqual({ health: "unreachable" });
    expect(await probe(redirectsHome(302, canaryUrl()))).toEqual({ health: "unhealthy" });
    expect(await probe("http://home:8080/ok")).toEqual({ health: "ok" });
    expect([canary.arrived, net.arrived]).toEqual([[], []]);
  });

  test("code connectors reach what they declare, and nothing inside by declaring it or by a redirect", async () => {
    const send = (url: string, hosts: string[]) => {
      const grant = { ...owner, connector: "acme/code", hosts, handles: [], callHeaders: [], timeoutMs: 2_000 };
      return plugin.ask<{ ok: boolean; message?: string }>("sendForCode", [
        { url, method: "GET", headers: [], body: null },
        grant,
      ]);
    };
    for (const url of [...inside(), canaryUrl()]) {
      const { hostname } = new URL(url);
      expect(await send(url, [hostname]), url).toMatchObject({
        ok: false,
        message: expect.stringContaining("not allowed"),
      });
    }
    for (const target of [canaryUrl(), "http://a.rebind.com/", "http://other:8080/undeclared"])
      expect(await send(redirectsHome(302, target), ["home", "127.0.0.1", "a.rebind.com"])).toMatchObject({
        ok: false,
        message: expect.stringContaining("not allowed"),
      });
    expect(await send("http://home:8080/ok", ["home"])).toMatchObject({ ok: true });
    expect([canary.arrived, net.arrived, other.arrived]).toEqual([[], [], []]);
  });

  test("calls from an isolate of their own go by the same rules and the same network", async () => {
    const isolated = (url: string) =>
      plugin.invoke(httpCall("get", { url }), { context: { isolated: true, executionId: "exec_isolated" } });
    await expectRefused(isolated(canaryUrl()));
    await expectRefused(isolated(redirectsHome(302, canaryUrl())));
    await expectRefused(isolated("http://a.rebind.com/"));
    expect(await isolated("http://fine.smartify-tests.com/i")).toMatchObject({ ok: true });
    expect([canary.arrived, net.arrived.map(({ path }) => path)]).toEqual([[], ["/i"]]);
  });
});

async function expectRefused(answer: Promise<ActionResult>): Promise<void> {
  expect(await answer).toMatchObject({ ok: false, error: { code: "FORBIDDEN", details: { reason: "egress" } } });
}
