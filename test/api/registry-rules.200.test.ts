import { generateKeyPairSync, sign } from "node:crypto";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let otherKey: string;
let otherTenant: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  ({ apiKey: otherKey, tenantId: otherTenant } = await platform.newTenant("other"));
});
afterAll(() => platform?.close());

const MODULE = "export const go = ({ n = 0 }) => ({ n: n + 1 });";

function file(namespace: string, name: string, version: string, more: JsonObject = {}, handler?: JsonObject) {
  return {
    connector: { name, namespace, version, description: "d", visibility: "public", ...more },
    actions: [{ name: "go", handler: handler ?? { code: { module: MODULE } } }],
  };
}

async function publish(by: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const { status, text } = await call(by, "POST", "/connectors", { raw: JSON.stringify(body), headers });
  if (status !== 201) throw new Error(text);
}

/** The platform's own database. */
function sql() {
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.platform.databasePort}/sql`;
  return neon("postgres://a:b@c/d");
}

/** A key of the namespace, and what signs with it. */
async function signer(by: string, namespace: string) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  const added = await call(by, "POST", `/namespaces/${namespace}/keys`, { body: { name: "k", public_key: raw } });
  const id = String(added.body.id);
  const made = (text: string) => sign(null, Buffer.from(text), privateKey).toString("base64");
  return { id, made, header: (text: string) => ({ "connector-signature": `${id} ${made(text)}` }) };
}

const workflow = (name: string, connector: string) => ({ name, steps: [{ id: "s", connector, action: "go" }] });

describe("a search", () => {
  const found = async (by: string, q: string) =>
    ((await call(by, "GET", `/connectors/search?q=${q}`)).body.results as unknown as JsonObject[]).map(
      ({ namespace, name }) => `${String(namespace)}/${String(name)}`,
    );

  test("puts the very name before names that begin with it, words in names, tags, descriptions and readmes, whatever stands behind them", async () => {
    const stuffed = "beacon ".repeat(2_500);
    // The further down a connector belongs, the more speaks for it within its place: who made it, its seal, how often it says the word.
    await publish(key, file("ranks", "beacon", "1.0.0", { displayName: "Lamp" }));
    const { header } = await signer(key, "ranks");
    const sealed = (name: string, more: JsonObject) => {
      const made = file("ranks", name, "1.0.0", more);
      return publish(key, made, header(JSON.stringify(made)));
    };
    await sealed("beacon-tower", {});
    await publish(otherKey, file("ranked", "a-beacon", "1.0.0"));
    await publish(key, file("ranks", "aa", "1.0.0", { tags: ["beacon"] }));
    await sealed("a1", { description: stuffed });
    await publish(otherKey, file("ranked", "a0", "1.0.0", { readme: stuffed }));
    for (const [by, slug] of [
      [key, "ranks--beacon"],
      [key, "ranks--beacon-tower"],
      [otherKey, "ranked--a-beacon"],
    ] as const)
      expect((await call(by, "POST", `/plugins/${slug}/1.0.0/deprecate`, { body: { reason: "old" } })).status).toBe(
        200,
      );
    const all = ["ranks/beacon", "ranks/beacon-tower", "ranked/a-beacon", "ranks/aa", "ranks/a1", "ranked/a0"];
    expect(await found(otherKey, "beacon")).toEqual(all);
  });

  test("takes words of a name however they are joined for the very name", async () => {
    await publish(key, file("ranks", "fog_horn", "1.0.0", { displayName: "Loud" }));
    await publish(key, file("ranks", "a-fog-horn", "1.0.0", { displayName: "fog horn fog horn" }));
    for (const q of ["fog horn", "fog-horn", "fog_horn", "FOG.HORN"])
      expect([q, (await found(otherKey, encodeURIComponent(q)))[0]]).toEqual([q, "ranks/fog_horn"]);
  });

  test("of equal places puts the platform's first, then one's own, then what is signed, and what is deprecated last", async () => {
    await publish(otherKey, file("mine", "slack", "1.0.0", { visibility: "private" }));
    await publish(
      key,
      file("aaa", "slack", "1.0.0", { displayName: "Slack", readme: "slack ".repeat(999), tags: ["slack"] }),
    );
    await publish(key, file("sealed", "seal", "1.0.0"));
    const { header } = await signer(key, "sealed");
    const signed = file("sealed", "slack", "1.0.0");
    await publish(key, signed, header(JSON.stringify(signed)));
    await publish(otherKey, file("aa0", "slack", "1.0.0"));
    await call(otherKey, "POST", "/plugins/aa0--slack/1.0.0/deprecate", { body: { reason: "old" } });
    expect((await found(otherKey, "slack")).filter((name) => name.endsWith("/slack"))).toEqual([
      "community/slack",
      "mine/slack",
      "sealed/slack",
      "aaa/slack",
      "aa0/slack",
    ]);
  });
});

describe("versions and ranges", () => {
  test("a pre-release is what nobody gets who has not asked for one", async () => {
    for (const version of ["1.0.0", "1.1.0-rc.1", "2.0.0-beta.2", "2.0.0-beta.11"])
      await publish(key, file("tried", "winch", version));
    await publish(key, file("tried", "early", "0.1.0-alpha.1"));
    const install = async (slug: string, version?: string) =>
      (await call(otherKey, "POST", `/connectors/tried/${slug}/install`, { body: version ? { version } : {} })).body;
    expect(await install("winch")).toMatchObject({ version: "1.0.0", range: null });
    for (const [range, version] of [
      ["^1.0", "1.0.0"],
      [">=1", "1.0.0"],
      ["^2.0.0-beta.1", "2.0.0-beta.11"],
      ["~1.1.0-rc", "1.1.0-rc.1"],
      ["2.0.0-beta.2", "2.0.0-beta.2"],
    ] as const)
      expect([range, (await install("winch", range)).version]).toEqual([range, version]);
    for (const none of ["^2", "3.x", "latest", "1.0.0 || banana"])
      expect([none, (await install("winch", none)).code]).toEqual([none, "NOT_FOUND"]);
    expect(await install("early")).toMatchObject({ version: "0.1.0-alpha.1" });
    // What a workflow pins follows the same rules.
    for (const [range, version] of [
      ["^1.0", "1.0.0"],
      ["^2.0.0-beta.1", "2.0.0-beta.11"],
      ["2.0.0-beta.2", "2.0.0-beta.2"],
    ] as const) {
      const made = await call(otherKey, "POST", "/workflows", {
        body: { ...workflow("winds", `connector:tried/winch@${range}`), version: `1.0.${range.length}` },
      });
      expect([range, made.status]).toEqual([range, 201]);
      const pinned = await call(otherKey, "GET", `/workflows/winds/versions/1.0.${range.length}`);
      expect(pinned.body.connectors).toMatchObject([{ connector: "tried/winch", version }]);
    }
    const none = await call(otherKey, "POST", "/workflows", { body: workflow("none", "connector:tried/winch@^2") });
    expect(none.status).toBe(400);
    // Who has nothing installed is shown the release.
    const third = (await platform.newTenant("third")).apiKey;
    const [shown] = (await call(third, "GET", "/plugins/search?q=winch")).body.results as unknown as JsonObject[];
    expect(shown).toMatchObject({ version: "1.0.0", installed_version: null });
    expect((await call(third, "GET", "/plugins/winch")).body.version).toBe("1.0.0");
  });

  test("what was unpublished is installed by nobody, by its number or by a range", async () => {
    for (const version of ["1.0.0", "1.1.0"]) await publish(key, file("tried", "gone", version));
    await call(key, "POST", "/plugins/tried--gone/1.1.0/deprecate", { body: { reason: "r" } });
    // 72 hours are still that long.
    await sql()`update connector_versions set published_at = now() - interval '71 hours 59 minutes' where name = 'gone'`;
    expect((await call(key, "DELETE", "/plugins/tried--gone/1.1.0")).status).toBe(200);
    expect((await call(key, "DELETE", "/plugins/tried--gone/1.1.0")).status).toBe(404);
    for (const [version, status] of [
      ["1.1.0", 404],
      [">1.0.0", 404],
      ["^1.0", 200],
    ] as const)
      expect((await call(otherKey, "POST", "/plugins/tried--gone/install", { body: { version } })).status).toBe(status);
    expect((await call(key, "GET", "/plugins/tried--gone")).body).toMatchObject({
      versions: ["1.0.0"],
      installed_version: "1.0.0",
    });
    const pinning = async (version: string) =>
      (await call(key, "POST", "/workflows", { body: workflow("pins", `connector:tried/gone@${version}`) })).status;
    expect([await pinning("1.1.0"), await pinning("^1.0")]).toEqual([400, 201]);
    const audit = await call(key, "GET", "/audit?action=connector.unpublished");
    expect((audit.body.data as unknown as JsonObject[]).map(({ subject }) => subject)).toEqual(["tried/gone@1.1.0"]);
  });

  test("that stand below one that is there must not be broken by it", async () => {
    const takes = (properties: JsonObject) => ({ type: "object", properties });
    const text = { type: "string" };
    const make = (version: string, properties: JsonObject) => {
      const made = file("tried", "between", version);
      return { ...made, actions: [{ ...made.actions[0], input: takes(properties) }] };
    };
    await publish(key, make("1.0.0", { a: text }));
    await publish(key, make("1.2.0", { a: text }));
    expect(await call(key, "POST", "/plugins", { body: make("1.1.0", { a: text, b: text }) })).toMatchObject({
      status: 400,
      body: {
        details: { problems: [{ path: "/connector/version", message: expect.stringContaining('"b" is gone') }] },
      },
    });
    await publish(key, make("1.1.0", { a: text }));
    await publish(key, make("1.3.0", { a: text, b: text }));
  });
});

describe("visibility", () => {
  const put = (by: string, path: string, visibility: string) =>
    call(by, "PUT", `${path}/visibility`, { body: { visibility } });
  const sees = async () => (await call(otherKey, "GET", "/connectors/shown/pier/1.0.0")).status;

  test("is changed by who published: to private only while nobody else has it installed or pinned, and audited", async () => {
    const path = "/plugins/shown--pier/1.0.0";
    await publish(key, file("shown", "pier", "1.0.0", { visibility: "private" }));
    expect([await sees(), (await put(otherKey, path, "public")).status]).toEqual([404, 404]);
    expect(await put(key, path, "public")).toMatchObject({ status: 200, body: { visibility: "public" } });
    expect((await put(key, path, "public")).status).toBe(200);
    expect(await sees()).toBe(200);
    expect((await put(otherKey, path, "private")).status).toBe(403);
    expect((await call(otherKey, "GET", "/connectors/shown/pier")).body).toMatchObject({
      trust: "community",
      visibility: "public",
    });
    expect((await put(key, "/connectors/shown/pier/1.0.0", "private")).status).toBe(200);
    expect(await sees()).toBe(404);
    expect((await put(key, path, "hidden")).status).toBe(400);
    expect((await put(key, "/plugins/shown--pier/9.0.0", "public")).status).toBe(404);

    await put(key, path, "public");
    expect((await call(otherKey, "POST", "/plugins/shown--pier/install")).status).toBe(200);
    expect(await put(key, path, "private")).toMatchObject({ status: 409, body: { details: { reason: "in_use" } } });
    expect(
      (await call(otherKey, "POST", "/workflows", { body: workflow("moors", "connector:shown/pier") })).status,
    ).toBe(201);
    expect((await call(otherKey, "DELETE", "/plugins/shown--pier/install")).status).toBe(200);
    expect((await put(key, path, "private")).status).toBe(409);
    expect((await call(otherKey, "DELETE", "/workflows/moors")).status).toBe(200);
    // One's own workflows see it as before.
    expect((await call(key, "POST", "/workflows", { body: workflow("own", "connector:shown/pier") })).status).toBe(201);
    expect((await put(key, path, "private")).status).toBe(200);
    expect(await sees()).toBe(404);

    const { data } = (await call(key, "GET", "/audit?limit=100")).body as unknown as { data: JsonObject[] };
    const acts = data.filter(({ subject }) => subject === "shown/pier@1.0.0").map(({ action }) => action);
    expect(acts.reverse()).toEqual([
      "connector.published",
      "connector.made_public",
      "connector.made_private",
      "connector.made_public",
      "connector.made_private",
    ]);
  });

  test("in community, which is everybody's here, stays private", async () => {
    await publish(key, file("community", "pontoon", "1.0.0", { visibility: "private" }));
    await publish(otherKey, file("community", "pontoon", "1.0.0", { visibility: "private" }));
    expect((await put(key, "/plugins/pontoon/1.0.0", "public")).status).toBe(400);
    // Another tenant's connector of the same name is no use of one's own.
    await call(key, "POST", "/plugins/pontoon/1.0.0/deprecate", { body: { reason: "r" } });
    expect((await call(key, "DELETE", "/plugins/pontoon/1.0.0")).status).toBe(200);
  });
});

test("usage counts who installed it, and calls of everybody in the last thirty days, today included", async () => {
  await publish(key, file("counted", "buoy", "1.0.0"));
  expect((await call(otherKey, "POST", "/plugins/counted--buoy/install")).status).toBe(200);
  const usage = async () => (await call(otherKey, "GET", "/plugins/counted--buoy")).body.usage;
  expect(await usage()).toEqual({ installs: 2, executions_30d: 0 });
  for (const [by, times] of [
    [key, 2],
    [otherKey, 1],
  ] as const) {
    for (let n = 0; n < times; n += 1)
      expect(await call(by, "POST", "/execute", { body: { action: "counted/buoy.go", input: { n } } })).toMatchObject({
        status: 200,
        body: { data: { n: n + 1 } },
      });
  }
  await expect.poll(usage).toEqual({ installs: 2, executions_30d: 3 });

  const midnight = new Date().setUTCHours(0, 0, 0, 0);
  /** Today is the thirtieth day, counted from nought. */
  const day = (days: number) => new Date(midnight + (days - 29) * 86_400_000).toISOString();
  const add = (
    period: string,
    calls: number,
    more: { granularity?: string; environment?: string; kind?: string } = {},
  ) =>
    sql()`insert into usage_rollups (tenant_id, environment, granularity, period, workflow_slug, connector, step_kind, mode,
      outcome, kind, executions, step_runs, compute_ms, egress_bytes, ai_tokens) select ${otherTenant},
      coalesce(${more.environment ?? null}, environment), ${more.granularity ?? "day"}, ${period}, ${`w${calls}`}, connector,
      'action', 'sync', 'completed', ${more.kind ?? "usage"}, 0, ${calls}, 0, 0, 0
      from usage_rollups where connector = 'counted/buoy' limit 1`;
  await add(day(0), 10);
  await add(day(29), 100);
  await add(day(-1), 1_000);
  await add(day(1), 2_000, { granularity: "hour" });
  await add(day(2), 4_000, { environment: "elsewhere" });
  await add(day(3), -1, { kind: "correction" });
  expect(await usage()).toEqual({ installs: 2, executions_30d: 112 });
});

describe("a signature", () => {
  test("is worth what its key and its bytes are: another key, another text or another module is refused, and none is none", async () => {
    await publish(key, file("notary", "first", "1.0.0"));
    const [good, other] = [await signer(key, "notary"), await signer(key, "notary")];
    await publish(key, file("notary2", "first", "1.0.0"));
    const elsewhere = await signer(key, "notary2");
    const text = JSON.stringify(file("notary", "deed", "1.0.0"));
    const send = (body: string, signature: string) =>
      call(key, "POST", "/plugins", { raw: body, headers: { "connector-signature": signature } });
    const refused: [string, string, string][] = [
      ["by another key", text, `${good.id} ${other.made(text)}`],
      ["under another key's id", text, `${other.id} ${good.made(text)}`],
      ["by the key of another namespace", text, `${elsewhere.id} ${elsewhere.made(text)}`],
      ["over another manifest", text.replace('"d"', '"e"'), `${good.id} ${good.made(text)}`],
      ["over another module", text.replace("n + 1", "n + 2"), `${good.id} ${good.made(text)}`],
      ["over another version", text.replace("1.0.0", "1.0.1"), `${good.id} ${good.made(text)}`],
      ["that is cut short", text, `${good.id} ${good.made(text).slice(0, -4)}`],
      ["that is empty", text, `${good.id} `],
    ];
    for (const [what, body, signature] of refused)
      expect([what, (await send(body, signature)).status]).toEqual([what, 400]);
    expect((await send(text, `${good.id} ${good.made(text)}`)).status).toBe(201);
    await call(key, "DELETE", `/namespaces/notary/keys/${other.id}`);
    const second = JSON.stringify(file("notary", "deed", "1.1.0"));
    expect((await send(second, `${other.id} ${other.made(second)}`)).status).toBe(400);
    // Stripped of its signature the file is anybody's who holds an API key.
    await publish(key, JSON.parse(second));
    const trust = async (version: string) =>
      (await call(otherKey, "GET", `/connectors/notary/deed/${version}`)).body.trust;
    expect([await trust("1.0.0"), await trust("1.1.0")]).toEqual(["verified", "community"]);
    const policy = { allow: ["official", "verified"], own: true, blocked: [] };
    await call(otherKey, "PUT", "/settings/trust", { body: policy });
    const install = async (version: string) =>
      (await call(otherKey, "POST", "/connectors/notary/deed/install", { body: { version } })).status;
    expect([await install("1.0.0"), await install("1.1.0"), await install("^1.1")]).toEqual([200, 403, 403]);
    // A range takes what is allowed of it, in an installation and in a workflow.
    const ranged = await call(otherKey, "POST", "/connectors/notary/deed/install", { body: { version: "^1" } });
    expect(ranged).toMatchObject({ status: 200, body: { version: "1.0.0", range: "^1", context: [], hosts: [] } });
    const published = await call(otherKey, "POST", "/workflows", {
      body: workflow("deeds", "connector:notary/deed@^1"),
    });
    expect(published.status, published.text).toBe(201);
    expect(await sql()`select version from connector_pins where namespace = 'notary'`).toEqual([{ version: "1.0.0" }]);
    await call(otherKey, "PUT", "/settings/trust", { body: { ...policy, allow: [...policy.allow, "community"] } });
    expect(await install("1.1.0")).toBe(200);
  });
});

describe("readme and icon", () => {
  const PNG = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.from("<script>alert(1)</script>")]);

  test("are served as what they are, and where they are opened can do nothing", async () => {
    const icon = `data:image/png;base64,${PNG.toString("base64")}`;
    await publish(
      key,
      file("shown", "buoyage", "1.0.0", { icon, readme: "# <b>Hi</b>\n[x](&#106;avascript:alert(1))" }),
    );
    await publish(key, file("shown", "bare", "1.0.0", { icon: "https://a.example/i.svg" }));
    for (const family of ["/plugins/shown--buoyage/1.0.0", "/connectors/shown/buoyage/1.0.0"]) {
      const readme = await call(otherKey, "GET", `${family}/readme`);
      expect([readme.status, readme.text]).toEqual([200, "# &lt;b>Hi&lt;/b>\n[x](unsafe:alert(1))"]);
      expect(readme.headers.get("content-type")).toBe("text/markdown; charset=utf-8");
      const answer = await fetch(`${platform.url}${family}/icon`, { headers: { authorization: `Bearer ${otherKey}` } });
      expect(answer.headers.get("content-type")).toBe("image/png");
      expect(Buffer.from(await answer.arrayBuffer()).equals(PNG)).toBe(true);
      for (const { headers } of [readme, answer]) {
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("content-security-policy")).toContain("default-src 'none'; sandbox");
      }
    }
    expect(await call(otherKey, "GET", "/plugins/bare/1.0.0/icon")).toMatchObject({
      status: 404,
      body: { details: { icon: "https://a.example/i.svg" } },
    });
    expect((await call(otherKey, "GET", "/plugins/bare/1.0.0/readme")).status).toBe(404);
    expect((await call(null, "GET", "/plugins/bare/1.0.0/readme")).status).toBe(401);
  });
});

test("both path families offer the same: every operation, with the same parameters, bodies and answers", async () => {
  const { paths } = JSON.parse((await call(null, "GET", "/openapi.json")).text) as {
    paths: Record<string, Record<string, JsonObject>>;
  };
  const NAMES = ["slug", "namespace", "name"];
  const family = (prefix: RegExp, name: string) =>
    Object.fromEntries(
      Object.entries(paths)
        .filter(([path]) => prefix.test(path))
        .flatMap(([path, operations]) =>
          Object.entries(operations).map(([method, { operationId: _, ...operation }]) => [
            `${method} ${path.replace(prefix, "").replace(name, "{name}")}`,
            {
              ...operation,
              parameters: ((operation.parameters ?? []) as unknown as { name: string; in: string }[]).filter(
                (it) => it.in !== "path" || !NAMES.includes(it.name),
              ),
            },
          ]),
        ),
    );
  const plugins = family(/^\/plugins(?=\/|$)/, "{slug}");
  const connectors = family(/^\/connectors(?=\/|$)/, "{namespace}/{name}");
  expect(Object.keys(plugins).length).toBeGreaterThanOrEqual(18);
  expect(plugins).toEqual(connectors);
});
