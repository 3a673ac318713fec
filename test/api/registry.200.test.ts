import { generateKeyPairSync, sign } from "node:crypto";
import { neon, neonConfig } from "@neondatabase/serverless";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifySignature } from "../../connectors/signature/verify-signature.ts";
import type { JsonObject } from "../../engine/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;
let otherKey: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  otherKey = (await platform.newTenant("other")).apiKey;
});
afterAll(() => platform?.close());

function file(namespace: string, name: string, version: string, more: JsonObject = {}) {
  return {
    connector: {
      type: "connector",
      kind: "http",
      name,
      namespace,
      version,
      description: "d",
      visibility: "public",
      ...more,
    },
    actions: [{ name: "go", handler: { http: { url: "https://example.com", method: "POST" } } }],
  };
}

async function publish(by: string, body: object): Promise<void> {
  const { status, text } = await call(by, "POST", "/connectors", { body });
  if (status !== 201) throw new Error(text);
}

const workflow = (name: string, connector: string) => ({ name, steps: [{ id: "s", connector, action: "go" }] });

describe("a connector of another tenant", () => {
  test("that is public is found, shown and installed by each of its names, and private versions of it are not there", async () => {
    await publish(key, file("shore", "tides", "1.0.0"));
    await publish(key, file("shore", "tides", "1.1.0", { visibility: "private" }));
    for (const path of ["/plugins/tides", "/plugins/shore--tides", "/plugins/shore%2Ftides", "/connectors/shore/tides"])
      expect(await call(otherKey, "GET", path)).toMatchObject({
        status: 200,
        body: { version: "1.0.0", versions: ["1.0.0"], trust: "community", installed_version: null },
      });
    expect((await call(otherKey, "GET", "/connectors/shore/tides/1.1.0")).status).toBe(404);
    expect((await call(otherKey, "GET", "/plugins/shore--tides/1.1.0/schema")).status).toBe(404);
    expect((await call(otherKey, "GET", "/connectors/shore/tides/1.0.0/schema")).status).toBe(200);
    const start = { body: workflow("before", "connector:shore/tides") };
    expect((await call(otherKey, "POST", "/workflows", start)).status).toBe(400);
    expect(await call(otherKey, "POST", "/connectors/shore/tides/install", { body: { version: "^1" } })).toMatchObject({
      status: 200,
      body: { version: "1.0.0", range: "^1" },
    });
    expect((await call(otherKey, "POST", "/workflows", start)).status).toBe(201);
    expect((await call(otherKey, "GET", "/plugins/shore--tides")).body.usage).toEqual({
      installs: 2,
      executions_30d: 0,
    });
    for (const [method, path] of [
      ["PUT", "/connectors/shore/tides"],
      ["POST", "/plugins"],
    ] as const)
      expect((await call(otherKey, method, path, { body: file("shore", "tides", "9.0.0") })).status).toBe(403);
    const reason = { body: { reason: "mine now" } };
    expect((await call(otherKey, "POST", "/plugins/shore--tides/1.0.0/deprecate", reason)).status).toBe(403);
    expect((await call(otherKey, "DELETE", "/connectors/shore/tides/1.0.0")).status).toBe(403);
  });

  test("that is private does not exist", async () => {
    await publish(key, file("shore", "hidden-cove", "1.0.0", { visibility: "private" }));
    const paths: [string, string, object?][] = [
      ["GET", "/plugins/hidden-cove"],
      ["GET", "/plugins/shore--hidden-cove/versions"],
      ["GET", "/connectors/shore/hidden-cove/1.0.0/signature"],
      ["POST", "/plugins/shore--hidden-cove/install"],
      ["DELETE", "/plugins/shore--hidden-cove/install"],
      ["POST", "/plugins/shore--hidden-cove/1.0.0/deprecate", { reason: "r" }],
      ["DELETE", "/plugins/shore--hidden-cove/1.0.0"],
    ];
    for (const [method, path, body] of paths)
      expect([path, (await call(otherKey, method, path, body ? { body } : {})).status]).toEqual([path, 404]);
    expect((await call(otherKey, "GET", "/plugins/search?q=hidden")).body).toEqual({ total: 0, results: [] });
    expect((await call(key, "GET", "/plugins/search?q=hidden")).body.total).toBe(1);
    expect((await call(otherKey, "GET", "/connectors?limit=100")).text).not.toContain("hidden-cove");
  });
});

describe("a search", () => {
  const names = async (query: string) => {
    const { body } = await call(otherKey, "GET", `/plugins/search?${query}`);
    return { total: body.total, names: (body.results as unknown as { name: string }[]).map(({ name }) => name) };
  };

  test("ranks names before tags before descriptions before readmes, takes beginnings and slips, and pages", async () => {
    await publish(key, file("search-a", "in-readme", "1.0.0", { readme: "lighthouse ".repeat(200) }));
    await publish(key, file("search-a", "in-description", "1.0.0", { description: "lighthouse lighthouse" }));
    await publish(key, file("search-a", "in-tags", "1.0.0", { tags: ["lighthouse", "sea"] }));
    await publish(key, file("search-a", "lighthouse", "1.0.0"));
    const all = ["lighthouse", "in-tags", "in-description", "in-readme"];
    expect(await names("q=lighthouse")).toEqual({ total: 4, names: all });
    expect((await names("q=lightho")).names).toEqual(all);
    expect((await names("q=lihgthouse")).names).toEqual(all);
    expect(await names("q=lighthouse&limit=2&offset=1")).toEqual({ total: 4, names: all.slice(1, 3) });
    expect(await names("q=lighthouse&offset=50")).toEqual({ total: 4, names: [] });
    expect(await names("q=lighthouse&tag=sea")).toEqual({ total: 1, names: ["in-tags"] });
    expect(await names("q=%27%20or%201%3D1%20--%20zzzz")).toEqual({ total: 0, names: [] });
    expect((await names("q=calculator")).names[0]).toBe("calculator");
  });

  test("and the list go through everything once, page by page", async () => {
    for (const q of ["", "&q=lighthouse"]) {
      const seen: string[] = [];
      let cursor: unknown = null;
      do {
        const { body } = await call(
          otherKey,
          "GET",
          `/connectors?limit=2${q}${cursor === null ? "" : `&cursor=${String(cursor)}`}`,
        );
        seen.push(...(body.data as unknown as { name: string }[]).map(({ name }) => name));
        cursor = body.next_cursor ?? null;
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual(q === "" ? 10 : 4);
    }
  });
});

describe("versions", () => {
  test("are deprecated, say so where they are used, and are unpublished only unused; the number stays taken", async () => {
    for (const version of ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]) await publish(key, file("quay", "crane", version));
    const deprecate = (version: string, body: object) =>
      call(key, "POST", `/plugins/quay--crane/${version}/deprecate`, { body });
    expect((await deprecate("1.2.0", { reason: "slow", replacement_version: "7.0.0" })).status).toBe(400);
    expect(await call(key, "DELETE", "/plugins/quay--crane/1.2.0")).toMatchObject({
      status: 409,
      body: { details: { reason: "not_deprecated" } },
    });
    expect(await deprecate("1.2.0", { reason: "slow", replacement_version: "2.0.0" })).toMatchObject({
      status: 200,
      body: { status: "deprecated", reason: "slow", replacement_version: "2.0.0" },
    });
    const other = workflow("v", "connector:quay/crane@1.2.0");
    const unknown = { ...other, steps: other.steps.map((step) => ({ ...step, action: "goo" })) };
    expect((await call(key, "POST", "/workflows/validate", { body: unknown })).body.problems).toMatchObject([
      { message: 'The connector "quay/crane" 1.2.0 has no action "goo": it has go.', suggestion: "go" },
    ]);
    const deprecated = { reason: "slow", replacement_version: "2.0.0" };
    expect(await call(otherKey, "POST", "/plugins/quay--crane/install", { body: { version: "1.2.0" } })).toMatchObject({
      body: { deprecated },
    });
    expect(
      (await call(key, "POST", "/workflows/validate", { body: workflow("v", "connector:quay/crane@1.2.0") })).body,
    ).toMatchObject({
      valid: true,
      findings: [
        {
          code: "deprecated-connector",
          path: "/steps/0/connector",
          message: expect.stringContaining("slow. Use 2.0.0"),
        },
      ],
    });
    expect((await call(otherKey, "GET", "/plugins/outdated")).body.data).toEqual([
      {
        slug: "crane",
        namespace: "quay",
        installed: "1.2.0",
        range: null,
        wanted: "1.2.0",
        latest: "2.0.0",
        deprecated,
      },
    ]);
    expect(await call(key, "DELETE", "/plugins/quay--crane/1.2.0")).toMatchObject({
      status: 409,
      body: { details: { reason: "in_use" } },
    });
    // A range takes what is not deprecated.
    expect(
      (await call(otherKey, "POST", "/plugins/quay--crane/install", { body: { version: "^1.0" } })).body.version,
    ).toBe("1.1.0");
    expect(
      (await call(key, "POST", "/workflows", { body: workflow("holds", "connector:quay/crane@1.2.0") })).status,
    ).toBe(201);
    expect(await call(key, "DELETE", "/connectors/quay/crane/1.2.0")).toMatchObject({
      status: 409,
      body: { details: { reason: "in_use" } },
    });
    expect((await call(key, "DELETE", "/workflows/holds")).status).toBe(200);
    expect(await call(key, "DELETE", "/connectors/quay/crane/1.2.0")).toMatchObject({
      status: 200,
      body: { status: "unpublished" },
    });
    expect((await call(key, "GET", "/connectors/quay/crane/1.2.0")).status).toBe(404);
    expect(await call(key, "POST", "/plugins", { body: file("quay", "crane", "1.2.0") })).toMatchObject({
      status: 409,
      body: { message: 'Version 1.2.0 of "quay/crane" was unpublished; its number is not free again.' },
    });
    const versions = await call(otherKey, "GET", "/connectors/quay/crane/versions?limit=2");
    expect(versions.body).toMatchObject({
      data: [{ version: "2.0.0" }, { version: "1.1.0", installed: true }],
      has_more: true,
    });
    for (const range of ["~1.0", "1.x", "^2"])
      expect((await call(otherKey, "POST", "/plugins/quay--crane/install", { body: { version: range } })).status).toBe(
        200,
      );
  });

  test("that are published become the installed one only where its range takes them, which outlives what it took", async () => {
    const connector = "/plugins/quay--buoy";
    const installed = async () => (await call(key, "GET", connector)).body.installed_version;
    for (const [version, expected, then] of [
      ["2.0.0", "2.0.0", ""],
      ["2.2.0-beta.1", "2.0.0", "~2.0.0"],
      ["2.2.0", "2.0.0", ""],
      ["2.0.1", "2.0.1", ""],
      ["2.3.0", "2.0.1", "2.2.0"],
      ["2.4.0", "2.2.0", ""],
    ] as const) {
      await publish(key, file("quay", "buoy", version));
      expect([version, await installed()]).toEqual([version, expected]);
      if (then !== "") await call(key, "POST", `${connector}/install`, { body: { version: then } });
    }
  });

  test("older than 72 hours stay", async () => {
    await publish(key, file("quay", "old", "1.0.0"));
    await call(key, "POST", "/plugins/quay--old/1.0.0/deprecate", { body: { reason: "r" } });
    await sql()`update connector_versions set published_at = now() - interval '73 hours' where name = 'old'`;
    expect(await call(key, "DELETE", "/plugins/quay--old/1.0.0")).toMatchObject({
      status: 409,
      body: { details: { reason: "too_old" } },
    });
  });

  test("are one winner's when 64 publish at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        index % 2 === 0
          ? call(key, "POST", "/plugins", { body: file("raced", "one", "1.0.0", { description: `n${index}` }) })
          : call(key, "POST", "/connectors", { body: file("raced", "one", "1.0.0", { description: `n${index}` }) }),
      ),
    );
    // A refusal that is none of the race says what it is.
    expect(answers.filter(({ status }) => ![201, 409].includes(status)).map(({ text }) => text)).toEqual([]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(63);
    const winner = answers.findIndex(({ status }) => status === 201);
    expect((await call(key, "GET", "/plugins/raced--one")).body.description).toBe(`n${winner}`);
  });
});

/** The platform's own database. */
function sql() {
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${platform.platform.databasePort}/sql`;
  return neon("postgres://a:b@c/d");
}

test("one changed byte in storage, and a version is not loaded", async () => {
  await publish(key, file("tamper", "vault", "1.0.0"));
  await sql()`update connector_versions set manifest = replace(manifest, 'example.com', 'exanple.com') where name = 'vault' and namespace = 'tamper'`;
  expect(await call(key, "GET", "/plugins/tamper--vault")).toMatchObject({
    status: 500,
    body: { details: { reason: "checksum" } },
  });
  expect((await call(key, "POST", "/workflows", { body: workflow("t", "connector:tamper/vault") })).text).toContain(
    "not what was published",
  );
  await publish(key, file("tamper", "sources", "1.0.0"));
  await sql()`update connector_versions set source = replace(source, 'example.com', 'exanple.com') where name = 'sources'`;
  expect((await call(key, "GET", "/connectors/tamper/sources/1.0.0/schema")).status).toBe(500);
});

test("a signature is verified when it is published, can be checked offline, and is worth nothing once its key is revoked", async () => {
  await publish(key, file("signed", "first", "1.0.0"));
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  const keys = "/namespaces/signed/keys";
  expect((await call(key, "POST", keys, { body: { name: "x", public_key: "AAAA" } })).status).toBe(400);
  expect((await call(otherKey, "POST", keys, { body: { name: "x", public_key: raw } })).status).toBe(403);
  const added = await call(key, "POST", keys, { body: { name: "release", public_key: raw } });
  expect(added.status).toBe(201);
  const id = String(added.body.id);
  const text = JSON.stringify(file("signed", "letter", "1.0.0"));
  const made = sign(null, Buffer.from(text), privateKey).toString("base64");
  const send = (by: string, body: string, signature: string) =>
    call(by, "POST", "/plugins", { raw: body, headers: { "connector-signature": signature } });
  expect((await send(key, `${text} `, `${id} ${made}`)).status).toBe(400);
  expect((await send(key, text, `pub_other ${made}`)).status).toBe(400);
  expect((await send(key, text, made)).status).toBe(400);
  expect((await send(key, text, `${id} ${made}`)).status).toBe(201);
  const path = "/connectors/signed/letter/1.0.0";
  const shown = (await call(otherKey, "GET", `${path}/signature`)).body;
  expect(shown).toMatchObject({ signed: true, valid: true, signature: made, key: { id, public_key: raw } });
  const source = (await call(otherKey, "GET", `${path}/schema`)).text;
  expect(await verifySignature(source, made, raw)).toBe(true);
  expect(await verifySignature(source.replace("d", "e"), made, raw)).toBe(false);
  expect((await call(otherKey, "GET", path)).body.trust).toBe("verified");
  expect((await call(otherKey, "DELETE", `${keys}/${id}`)).status).toBe(404);
  expect((await call(key, "DELETE", `${keys}/${id}`)).status).toBe(200);
  expect((await call(otherKey, "GET", path)).body.trust).toBe("community");
  expect((await call(otherKey, "GET", `${path}/signature`)).body.valid).toBe(false);
});

test("a trust policy decides what is installed, pinned and started", async () => {
  const own = (await platform.newTenant("careful")).apiKey;
  const open = { allow: ["official", "verified", "community", "unverified"], own: true, blocked: [] };
  expect((await call(own, "GET", "/settings/trust")).body).toEqual(open);
  await publish(key, file("trusted", "ferry", "1.0.0"));
  const install = () => call(own, "POST", "/plugins/trusted--ferry/install");
  expect((await install()).status).toBe(200);
  expect((await call(own, "POST", "/workflows", { body: workflow("sail", "connector:trusted/ferry") })).status).toBe(
    201,
  );
  const put = (body: object) => call(own, "PUT", "/settings/trust", { body });
  expect((await put({ allow: ["nobody"] })).status).toBe(400);
  expect((await put({ allow: ["official", "verified"] })).status).toBe(200);
  expect(await install()).toMatchObject({ status: 403, body: { details: { reason: "trust_policy" } } });
  expect((await call(own, "POST", "/workflows", { body: workflow("again", "connector:trusted/ferry") })).status).toBe(
    400,
  );
  await expect
    .poll(async () => (await call(own, "POST", "/workflows/executions", { body: { workflow: "sail" } })).status)
    .toBe(403);
  await publish(own, file("careful-own", "boat", "1.0.0"));
  expect((await call(own, "POST", "/workflows", { body: workflow("mine", "connector:careful-own/boat") })).status).toBe(
    201,
  );
  expect((await put({ ...open, blocked: ["trusted/*"] })).status).toBe(200);
  expect((await install()).status).toBe(403);
  expect((await put(open)).status).toBe(200);
  expect((await install()).status).toBe(200);
});

describe("a name", () => {
  test.each([
    ["gihub", "acme-names", "/connector/name"],
    ["git-hub", "acme-names", "/connector/name"],
    ["s1ack", "acme-names", "/connector/name"],
    ["calcu1ator", "acme-names", "/connector/name"],
    ["gіthub", "acme-names", "/connector/name"],
    ["search", "acme-names", "/connector/name"],
    ["fine", "comunity", "/connector/namespace"],
    ["fine", "srnartify", "/connector/namespace"],
    ["fine", "g1thub", "/connector/namespace"],
    ["fine", "0penai", "/connector/namespace"],
  ])("%s in %s is refused", async (name, namespace, path) => {
    expect(await call(key, "POST", "/plugins", { body: file(namespace, name, "1.0.0") })).toMatchObject({
      status: 400,
      body: { details: { problems: [{ path }] } },
    });
  });

  test("that is shown disguised is refused in every version, also a later one", async () => {
    const shown = (version: string, displayName: string) =>
      call(key, "POST", "/plugins", { body: file("acme-shown", "posts", version, { displayName }) });
    const refusal = { status: 400, body: { details: { problems: [{ path: "/connector/displayName" }] } } };
    expect(await shown("1.0.0", "S1ack")).toMatchObject(refusal);
    expect((await shown("1.0.0", "Posts for Slack")).status).toBe(201);
    for (const fake of ["S1ack", "SIack", "Ѕlack", "Sl\u200back"])
      expect([fake, await shown("1.0.1", fake)]).toMatchObject([fake, refusal]);
    expect((await shown("1.0.1", "Slack")).status).toBe(201);
  });

  test("that looks like another tenant's namespace is refused", async () => {
    await publish(key, file("harbor", "a", "1.0.0"));
    for (const namespace of ["har-bor", "harb0r"])
      expect((await call(otherKey, "POST", "/plugins", { body: file(namespace, "a", "1.0.0") })).status).toBe(409);
  });

  test("is everybody's in community, so nothing there is public", async () => {
    expect((await call(key, "POST", "/plugins", { body: file("community", "boats", "1.0.0") })).status).toBe(400);
  });
});

test("an unclean text is refused or cleaned, and never an error of the server", async () => {
  const texts: JsonObject[] = [
    { description: "a\u0000b" },
    { displayName: "a\u0000b" },
    { tags: ["\u0000"] },
    { readme: "\u0000" },
  ];
  for (const [index, more] of texts.entries())
    expect(
      (await call(key, "POST", "/plugins", { body: file("unclean", `n${index}`, "1.0.0", more) })).status,
    ).toBeLessThan(500);
});
