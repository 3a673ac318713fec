import { createHash } from "node:crypto";
import { neon, neonConfig } from "@neondatabase/serverless";
import { expect, test } from "vitest";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import type { CheckedClient } from "./checked-client.ts";

interface World {
  call: CheckedClient;
  /** Keys of two tenants. */
  publisher(): string;
  other(): string;
  databasePort(): number;
}

function file(namespace: string, name: string, version: string, more: JsonObject = {}) {
  return {
    connector: { type: "connector", kind: "http", name, namespace, version, description: "d", ...more },
    actions: [{ name: "go", handler: { http: { url: "https://example.com", method: "POST" } } }],
  };
}

/** The answers to publishing: cases for a platform that the file shares. */
export function whatPublishingAnswers({ call, publisher, other, databasePort }: World): void {
  const query = (text: string, values: string[] = []) => {
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${databasePort()}/sql`;
    return neon("postgres://a:b@c/d").query(text, values);
  };

  test("a file that is published again is told to be the same one, also where this release reads it otherwise or not at all", async () => {
    const again = file("again", "one", "1.0.0");
    const post = (body: object) => call(publisher(), "POST", "/plugins", { body });
    const put = (body: object) => call(publisher(), "PUT", "/plugins/again--one", { body });
    const conflict = (same_content: boolean) => ({
      status: 409,
      body: { code: "CONFLICT", details: { same_content } },
    });
    expect((await post(again)).status).toBe(201);
    expect(await post(again)).toMatchObject(conflict(true));
    expect(await put(again)).toMatchObject(conflict(true));
    // What an older release made of the same bytes.
    await query("update connector_versions set sha256 = repeat('0', 64) where namespace = 'again'");
    expect(await post(again)).toMatchObject(conflict(true));
    expect(await put(again)).toMatchObject(conflict(true));
    const another = file("again", "one", "1.0.0", { description: "another" });
    expect(await post(another)).toMatchObject(conflict(false));
    expect(await put(another)).toMatchObject(conflict(false));
    // One that an older release took and this one refuses.
    const refused = file("again", "one", "1.0.0", { runtime: { environment: ["A", "A"] } });
    expect((await post(refused)).status).toBe(400);
    const digest = createHash("sha256").update(JSON.stringify(refused)).digest("hex");
    await query("update connector_versions set source_sha256 = $1 where namespace = 'again'", [digest]);
    expect(await post(refused)).toMatchObject(conflict(true));
    expect(await put(refused)).toMatchObject(conflict(true));
    expect((await call(other(), "POST", "/plugins", { body: refused })).status).toBe(400);
  });

  test("limits that the cloud does not enforce are named where a connector is published, updated and shown", async () => {
    const written = (version: string) => ({
      ...file("limits", "job", version, {
        visibility: "public",
        runtime: { resources: { cpu: 8, storage: { maxSize: "1GB" } } },
      }),
      actions: [{ name: "go", handler: { http: { url: "https://example.com/execute", style: "service" } } }],
    });
    const said = (body: Json) =>
      Object.fromEntries(
        Object.values(isObject(body) ? (body.unenforced ?? []) : []).map((it) =>
          isObject(it) ? [it.limit, [it.value, it.actions, it.passed_on]] : [],
        ),
      );
    const all = {
      cpu: ["4", ["go"], true],
      memory: ["512MB", ["go"], true],
      "storage.maxSize": ["1GB", ["go"], true],
      "storage.bandwidth": ["10MB/s", ["go"], true],
      "network.bandwidth": ["10MB/s", ["go"], true],
    };
    expect(said((await call(publisher(), "POST", "/plugins", { body: written("1.0.0") })).body)).toEqual(all);
    expect(said((await call(publisher(), "PUT", "/plugins/limits--job", { body: written("1.1.0") })).body)).toEqual(
      all,
    );
    expect(said((await call(other(), "GET", "/plugins/limits--job")).body)).toEqual(all);
    expect(said((await call(publisher(), "GET", "/plugins/http")).body)).toEqual({});
  });
}
