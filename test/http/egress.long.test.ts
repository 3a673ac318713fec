import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import { seal } from "../../vault/vault.ts";
import { keyed, redirect, redirectsHome, startEgressWorld } from "./egress-world.ts";
import { callOf, CONTEXT, httpCall, MASTER_KEY } from "./http-plugin.ts";

/* Where an http action of the real http plugin Worker goes (threats T1 to T3), by its address, a redirect or a name. */

const world = await startEgressWorld();
const { plugin, canary, net, home, other, resolver } = world;
afterAll(() => world.close());
beforeEach(() => world.forget());

const STATUSES = [301, 302, 303, 307, 308];
/** Where the canary is, spelled in ways that a server may put into `Location`. */
const inward = () => {
  const at = (host: string) => `http://${host}:${canary.port}/canary`;
  return [
    ...[
      "127.0.0.1",
      "127.1",
      "2130706433",
      "0x7f.1",
      "0177.0.0.1",
      "localhost",
      "localhost.",
      "[::ffff:127.0.0.1]",
    ].map(at),
    at("example.com@127.0.0.1"),
    `//127.0.0.1:${canary.port}/canary`,
    `http:/\\127.0.0.1:${canary.port}/canary`,
  ];
};
const get = (url: string, more: JsonObject = {}) => plugin.http("get", { url, ...more });

async function refused(answer: Promise<unknown>, rule: RegExp = /./): Promise<void> {
  expect(await answer).toMatchObject({
    ok: false,
    error: { code: "FORBIDDEN", details: { reason: "egress", rule: expect.stringMatching(rule) } },
    permanent: true,
  });
}

describe("redirects", () => {
  test.for(STATUSES)(
    "%i to a place that is not public is refused, however it is spelled: nobody knocks there",
    async (status) => {
      for (const target of inward()) {
        await refused(get(redirectsHome(status, target)));
        await refused(plugin.http("post", { url: redirectsHome(status, target), body: { a: 1 } }));
      }
      expect([home.arrived.length, canary.arrived]).toEqual([inward().length * 2, []]);
    },
  );

  test.for(STATUSES)("%i to another origin takes no credential along, and back home none either", async (status) => {
    const KEY = "key-of-home-3391";
    await plugin.putConnection({
      id: "con_home",
      connector: "acme/keyed",
      name: "default",
      type: "API_KEY",
      config: {},
      sealed: await seal(
        MASTER_KEY,
        { tenantId: CONTEXT.tenantId, purpose: "connection", id: "con_home" },
        JSON.stringify({ key: KEY }),
      ),
    });
    const away = redirectsHome(status, `http://other:8080${redirect(status, "http://home:8080/back")}`);
    const headers = "{Cookie: 'session=1', Proxy-Authorization: 'Basic eA==', X-Plain: stays}";
    const call = callOf(keyed(`{url: '${away}', method: POST, headers: ${headers}, body: {a: 1}}`), {});
    const result = await plugin.invoke(call);
    expect(result).toMatchObject({ ok: true, output: { status: 200 } });
    const [first] = home.arrived;
    expect(first?.headers).toMatchObject({ "x-api-key": KEY, cookie: "session=1", "x-plain": "stays" });
    const after = [...other.arrived, ...home.arrived.slice(1)];
    expect(after.map(({ path }) => path.slice(0, 5))).toEqual([`/to/${String(status)[0]}`, "/back"]);
    for (const { headers: sent, method, body } of after) {
      expect(sent).not.toHaveProperty("x-api-key");
      expect(sent).not.toHaveProperty("cookie");
      expect(sent).not.toHaveProperty("proxy-authorization");
      expect(sent).toMatchObject({ "x-plain": "stays" });
      expect([method, body]).toEqual(status < 307 ? ["GET", ""] : ["POST", '{"a":1}']);
    }
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  test("within one origin keep the credential", async () => {
    const url = redirectsHome(307, "/moved");
    await get(url, { headers: { Authorization: "Bearer 12345" }, auth: { type: "bearer", token: "12345" } });
    expect(home.arrived.map(({ headers }) => headers.authorization)).toEqual(["Bearer 12345", "Bearer 12345"]);
  });

  test("are five at most, and leave what a connector's urlValidation allows no more than the first request", async () => {
    const narrow = (url: string) =>
      callOf(keyed(`{url: '${url}', method: GET, urlValidation: {allowedDomains: [home]}}`), {});
    expect(await plugin.invoke(narrow(redirectsHome(302, "http://home:8080/ok")))).toMatchObject({ ok: true });
    await refused(
      plugin.invoke(narrow(redirectsHome(302, "http://other:8080/ok"))),
      /handler does not allow this host/,
    );
    expect(other.arrived).toEqual([]);
  });
});

describe("the development switch", () => {
  test("lets the table of hosts through in development, and nothing of it in production", async () => {
    expect(await get("http://home:8080/ok")).toMatchObject({ ok: true });
    const call = httpCall("get", { url: "http://home:8080/ok" });
    await refused(plugin.invoke(call, { production: true }));
    expect(home.arrived).toHaveLength(1);
  });

  test("opens no loopback address by itself", async () => {
    for (const url of [
      `http://127.0.0.1:${canary.port}/`,
      `http://localhost:${canary.port}/`,
      `http://127.0.0.1:${home.port}/`,
    ]) {
      await refused(get(url));
      await refused(plugin.invoke(httpCall("get", { url }), { production: true }));
    }
    expect([canary.arrived, home.arrived]).toEqual([[], []]);
  });
});

describe("the network of a machine of one's own", () => {
  test("connects to no address of this machine, by number or by name, where another would", async () => {
    const ask = async (network: string, host: string) => {
      const body = JSON.stringify({ network, target: `http://${host}:${canary.port}/` });
      return plugin.fetchWorker("network-probe", body);
    };
    for (const host of ["127.0.0.1", "localhost", "127.0.0.2", "[::ffff:127.0.0.1]", "0.0.0.0"])
      expect(await ask("ours", host), host).toMatchObject({ error: expect.any(String) });
    expect(canary.arrived).toEqual([]);
    expect(await ask("any", "localhost")).toEqual({ status: 200 });
    // The one of development reaches what its table may name, and no other address, of this machine neither.
    expect(await ask("local", "127.0.0.1")).toEqual({ status: 200 });
    for (const host of ["127.0.0.2", "0.0.0.0", "[::1]", "10.0.0.1"])
      expect(await ask("local", host), host).toMatchObject({ error: expect.any(String) });
    expect(canary.arrived).toHaveLength(2);
  });

  test("is where everything goes but the hosts of development", async () => {
    resolver.answer({ "api.smartify-tests.com": { A: [["8.8.8.8"]] } });
    expect(await get("http://api.smartify-tests.com/x")).toMatchObject({ ok: true, output: { body: { path: "/x" } } });
    expect(net.arrived.map(({ host }) => host)).toEqual(["api.smartify-tests.com"]);
    await get("http://8.8.8.8/literal");
    await plugin.invoke(httpCall("get", { url: "http://api.smartify-tests.com/p" }), { production: true });
    await get("http://home:8080/ok");
    expect(net.arrived.map(({ path }) => path)).toEqual(["/x", "/literal", "/p"]);
    expect(home.arrived).toHaveLength(1);
  });
});

describe("names, where the deployment has a resolver", () => {
  test("that stand for something inside are refused: in A, in AAAA, among others, in a mapped address", async () => {
    const PUBLIC = "8.8.8.8";
    const cases = {
      "a.rebind.com": { A: [["10.0.0.1"]] },
      "b.rebind.com": { A: [[PUBLIC, "127.0.0.1"]] },
      "c.rebind.com": { A: [[PUBLIC]], AAAA: [["::1"]] },
      "d.rebind.com": { A: [["169.254.169.254"]] },
      "e.rebind.com": { A: [[PUBLIC]], AAAA: [["::ffff:127.0.0.1"]] },
      "f.rebind.com": { A: [[PUBLIC]], AAAA: [["fd00::1"]] },
      "g.rebind.com": { A: [["127.1"]] },
    };
    resolver.answer(cases);
    for (const name of Object.keys(cases)) await refused(get(`http://${name}/`), /not public/);
    await refused(get(redirectsHome(302, "http://a.rebind.com/")), /not public/);
    expect(net.arrived).toEqual([]);
  });

  test("that change to something inside are not dialled from then on, whatever they say next", async () => {
    resolver.answer({ "flip.rebind.com": { A: [["8.8.8.8"], ["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8"]], ttl: 0 } });
    expect(await get("http://flip.rebind.com/first")).toMatchObject({ ok: true });
    await refused(get("http://flip.rebind.com/second"));
    await refused(get("http://flip.rebind.com/third"));
    expect(net.arrived.map(({ path }) => path)).toEqual(["/first"]);
  });

  test("whose answer is gone at once are asked for twice: one that changes between the two is never dialled", async () => {
    resolver.answer({ "quick.rebind.com": { A: [["8.8.8.8"], ["127.0.0.1"]], ttl: 0 } });
    await refused(get("http://quick.rebind.com/"));
    expect([net.arrived, resolver.asked.length]).toEqual([[], 4]);
  });

  test("that do not exist, or cannot be asked for, are told from what the service did: nothing was sent", async () => {
    resolver.answer({ "broken.smartify-tests.com": { status: 2 } });
    const message = "nowhere.smartify-tests.com cannot be reached: its name does not resolve";
    const unknown = await get("https://nowhere.smartify-tests.com/");
    expect(unknown).toMatchObject({ ok: false, error: { code: "UNAVAILABLE", message, details: { reason: "dns" } } });
    expect(unknown).not.toHaveProperty("outcomeUnknown");
    expect(await get("https://broken.smartify-tests.com/")).toMatchObject({
      error: { code: "UNAVAILABLE", message: expect.stringContaining("resolver did not answer") },
    });
    expect(net.arrived).toEqual([]);
  });

  test("are asked for once while their answer lives; addresses and hosts of development never", async () => {
    resolver.answer({ "kept.smartify-tests.com": { A: [["8.8.8.8"]], AAAA: [["2606:4700::1111"]] } });
    await get("http://kept.smartify-tests.com/1");
    await get("http://kept.smartify-tests.com./2");
    await get("http://8.8.4.4/");
    await get("http://home:8080/ok");
    expect(resolver.asked.sort()).toEqual(["kept.smartify-tests.com A", "kept.smartify-tests.com AAAA"]);
    expect(net.arrived).toHaveLength(3);
  });

  test("are narrowed by a connector's blocked ranges, too", async () => {
    resolver.answer({ "ranged.smartify-tests.com": { A: [["8.8.8.8"]] } });
    const call = callOf(
      keyed("{url: 'http://ranged.smartify-tests.com/', method: GET, urlValidation: {blockedIpRanges: [8.0.0.0/8]}}"),
      {},
    );
    await refused(plugin.invoke(call), /handler blocks this address/);
    expect(net.arrived).toEqual([]);
  });
});
