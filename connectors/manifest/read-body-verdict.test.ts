import { describe, expect, test } from "vitest";
import type { Json } from "../../engine/json.ts";
import { callOf, errorOf, invoke, json } from "../testing/world.ts";
import { readConnector } from "./read-connector.ts";

function read(response: string, more = "") {
  const text = `connector: {name: plug, namespace: acme, version: 1.0.0${more}}\nactions:\n  - name: act\n    handler: {http: {url: 'http://svc:8000/x', method: GET, response: ${response}}}\n`;
  return readConnector(text, "yaml");
}

describe("what a body says beside its status", () => {
  test("success is a path, or a path and a code; anything else is refused with its place", () => {
    expect(read("{success: $.ok}").manifest?.actions[0]?.handler).toMatchObject({
      response: { success: { path: "$.ok" } },
    });
    expect(read("{success: {path: $.ok, code: $.error}}").problems).toEqual([]);
    for (const response of [
      "{success: ok}",
      "{success: {code: $.error}}",
      "{success: {path: $.ok, other: 1}}",
      "{usage: {tokens: $.n}}",
    ]) {
      expect(read(response).problems.length, response).toBeGreaterThan(0);
    }
  });

  test("false, nothing, zero and an empty text are no success", async () => {
    const call = callOf(
      "{url: 'http://svc:8000/x', method: GET, response: {success: {path: $.ok, code: $.error}}}",
      {},
    );
    const bodies: Json[] = [
      { ok: false, error: "no_such_thing" },
      { error: "no_such_thing" },
      { ok: 0, error: "no_such_thing" },
    ];
    for (const body of bodies) {
      const { error } = await errorOf(call, { answer: () => json(body) });
      expect(error).toMatchObject({ code: "BACKEND_ERROR", details: { status: 200, upstream_code: "no_such_thing" } });
    }
    expect((await invoke(call, { answer: () => json({ ok: true }) })).result.ok).toBe(true);
    const failed = await errorOf(call, { answer: () => json({ ok: true }, { status: 500 }) });
    expect(failed.error.details?.status).toBe(500);
  });

  test("tokens are reported where they are counted, and nothing else is", async () => {
    const call = callOf(
      "{url: 'http://svc:8000/x', method: GET, response: {usage: {input_tokens: $.u.in, output_tokens: $.u.out}}}",
      {},
    );
    const usageOf = async (u: Record<string, number | string>) =>
      (await invoke(call, { answer: () => json({ u }) })).result.usage;
    expect(await usageOf({ in: 3, out: 4.4 })).toMatchObject({ input_tokens: 3, output_tokens: 4 });
    const strange = await usageOf({ in: -1, out: "many" });
    expect([strange?.input_tokens, strange?.output_tokens]).toEqual([undefined, undefined]);
  });

  test("a connector's own base URL stands where the connection names none", async () => {
    const { manifest, problems } = read("{}", ", base_url: 'https://api.acme.example/v1'");
    expect(problems).toEqual([]);
    expect(manifest?.baseUrl).toBe("https://api.acme.example/v1");
  });
});
