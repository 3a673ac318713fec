import { expect, test } from "vitest";
import { addedReach } from "./added-reach.ts";
import type { ConnectorManifest } from "./manifest.ts";
import { readConnectorValue } from "./read-connector.ts";

const NOTHING = { secrets: [], hosts: [], context: [] };

function version(handlers: object[], more: object = {}, ofAction: object = {}): ConnectorManifest {
  const { manifest, problems } = readConnectorValue(
    JSON.parse(
      JSON.stringify({
        connector: { type: "connector", namespace: "acme", name: "a", version: "1.0.0", ...more },
        actions: handlers.map((handler, at) => ({ name: `a${at}`, handler, ...ofAction })),
      }),
    ),
  );
  expect(problems).toEqual([]);
  if (manifest === undefined) throw new Error("the connector cannot be read");
  return manifest;
}

const get = (url: string, header = "x") => ({ http: { url, method: "GET", headers: { a: header } } });
const KEY = { runtime: { environment: [{ name: "KEY", secret: true }] } };

test("a secret that was agreed to and goes elsewhere, and a connection's credential that does, are told by the host", () => {
  const shown = version([get("https://a.example", "${secrets.KEY}")], KEY);
  const elsewhere = version([get("https://a.example"), get("https://b.example", "${secrets.KEY}")], KEY);
  expect(addedReach(shown, elsewhere)).toEqual({ ...NOTHING, hosts: ["b.example"] });
  expect(addedReach(elsewhere, shown)).toEqual(NOTHING);
  const auth = { auth: { type: "bearer" } };
  expect(addedReach(version([get("/a")], auth), version([get("https://b.example/a")]))).toEqual({
    ...NOTHING,
    hosts: ["b.example"],
  });
});

test("a URL that begins with what is filled in leads there and, where that is a path, below the base: another base is told", () => {
  for (const place of ["{path}", "${input.path}", "{{ input.path }}/x"]) {
    const below = (base_url?: string, pagination?: object) =>
      version([{ http: { url: place, method: "GET", pagination } }], base_url === undefined ? {} : { base_url });
    const shown = below("https://a.example");
    expect(addedReach(shown, shown), place).toEqual(NOTHING);
    expect(addedReach(shown, below("https://b.example")).hosts, place).toEqual(["b.example"]);
    expect(addedReach(below(), below("https://b.example")).hosts, place).toEqual(["b.example"]);
    expect(addedReach(shown, below()), place).toEqual(NOTHING);
    const paged = below("https://a.example", { type: "link" });
    expect(addedReach(shown, paged).hosts, place).toContain("next links of a.example");
  }
});

test("a host counts however its URL is written; one that begins with a space is a path below the base", () => {
  const of = (url: string, base = "a") => version([get(url)], { base_url: `https://${base}.example` });
  for (const url of ["https:b.example/x", "https:/b.example/x", "HTTPS:\\\\b.example/x", "https:/\n/b.example/x"]) {
    expect(new URL(url).host, url).toBe("b.example");
    expect(addedReach(of("/x"), of(url)).hosts, url).toEqual(["b.example"]);
  }
  for (const path of ["https://b.example/x", "{path}", "${input.path}"])
    expect(addedReach(of(path), of(` ${path}`, "c")).hosts, path).toEqual(["c.example"]);
});

test("what stands in the file after a filled in beginning counts, up to the path", () => {
  for (const begins of ["${env.S}://", "{s}://", "{{ input.s }}:", "{s}//", "{s}"]) {
    const of = (host: string, rest = "/x") => version([get(`${begins}${host}${rest}`)]);
    expect(addedReach(of("a.example"), of("b.example")).hosts, begins).toEqual([`${begins}b.example`]);
    expect(addedReach(of("a.example"), of("a.example", "?y")), begins).toEqual(NOTHING);
  }
  expect(addedReach(version([get("{base}/x")]), version([get("{base}/y")]))).toEqual(NOTHING);
});

test("a host under a pattern that was shown is no other; a pattern over it, a port and a name that only ends alike are", () => {
  const code = (...hosts: string[]) => version([{ code: { module: "export const a0 = () => 1;", hosts } }]);
  const any = code("*.a.example");
  expect(addedReach(any, version([get("https://X.a.example/")]))).toEqual(NOTHING);
  for (const host of ["a.example.evil", "xa.example", "x.a.example:8443", "${input.x}.a.example"])
    expect(addedReach(any, version([get(`https://${host}/`)])).hosts).toEqual([host]);
  expect(addedReach(code("x.a.example"), any).hosts).toEqual(["*.a.example"]);
});

test("a host that is filled in leads elsewhere with another default", () => {
  const env = (value?: string) =>
    version([get("https://${env.HOST}/")], {
      runtime: { environment: [{ name: "HOST", secret: false, default: value }] },
    });
  expect(addedReach(env("a.example"), env("b.example")).hosts).toEqual(["${env.HOST}"]);
  expect(addedReach(env("a.example"), env("a.example"))).toEqual(NOTHING);
  expect(addedReach(env("a.example"), env())).toEqual(NOTHING);
  const input = (value?: string) =>
    version(
      [get("https://${input.host}/")],
      {},
      {
        input: { type: "object", properties: { host: { type: "string", default: value }, other: { default: value } } },
      },
    );
  expect(addedReach(input("a.example"), input("b.example")).hosts).toEqual(["${input.host}"]);
  expect(addedReach(input(), input("b.example")).hosts).toEqual(["${input.host}"]);
  expect(addedReach(input("a.example"), input())).toEqual(NOTHING);
});

test("by any name that a request is filled in by", () => {
  const moved = (place: string, names: string[]) => {
    const schema = (value: string) =>
      names.reduceRight<object>((inner, name) => ({ type: "object", properties: { [name]: inner } }), {
        type: "string",
        default: value,
      });
    const leadingTo = (value: string) => version([get(`https://${place}/`)], {}, { input: schema(value) });
    expect(addedReach(leadingTo("a.example"), leadingTo("a.example")), place).toEqual(NOTHING);
    return addedReach(leadingTo("a.example"), leadingTo("b.example")).hosts;
  };
  for (const [place, ...names] of [
    ["{to-host}", "to-host"],
    ["{to.host}", "to.host"],
    ["{to.host}", "to", "host"],
    ["${input.to-host}", "to-host"],
    ["${ inputs.an object.1 }", "an object", "1"],
    ["{{ input.größe }}", "größe"],
    ["${input.place[host]}", "place", "host"],
    ["${input.to@host}", "to@host"],
    ["${input.sub}.a.example", "sub"],
  ] as [string, ...string[]][])
    expect(moved(place, names), place).toEqual([place]);
  expect(moved("me:${input.key}@a.example", ["key"])).toEqual([]);
  expect(moved("${input.host}@${input.host}", ["host"])).toEqual(["${input.host}"]);
  const base = (value: string) =>
    version(
      [get("{base}/x")],
      {},
      { input: { type: "object", properties: { base: { default: `https://${value}` } } } },
    );
  expect(addedReach(base("a.example"), base("b.example")).hosts).toEqual(["{base}"]);
});

test("of what fills a host in only the defaults count, wherever a schema says them", () => {
  const input = (schema: object, url = "https://${input.host}/") => version([get(url)], {}, { input: schema });
  const named = (host: object) => input({ type: "object", properties: { host } });
  const shown = named({ type: "string", description: "Where to", default: "a.example" });
  for (const same of [
    { type: "string", description: "The host to ask", default: "a.example" },
    {
      type: "string",
      title: "Host",
      examples: ["b.example", { default: "b.example" }],
      default: "a.example",
      maxLength: 90,
    },
    { type: "string", description: 'its "default" is ours' },
    { anyOf: [{ type: "string", default: "a.example" }, { type: "null" }] },
  ])
    expect(addedReach(shown, named(same)), JSON.stringify(same)).toEqual(NOTHING);
  const elsewhere = { type: "string", default: "b.example" };
  const object = { type: "object" };
  for (const other of [
    { ...object, properties: { host: { anyOf: [{ type: "null" }, elsewhere] } } },
    { ...object, properties: { host: { oneOf: [{ allOf: [elsewhere] }] } } },
    { ...object, allOf: [{ properties: { host: elsewhere } }] },
    { ...object, if: { properties: { a: {} } }, then: { properties: { host: elsewhere } } },
    { ...object, properties: { host: { $ref: "#/$defs/a~1host" } }, $defs: { "a/host": elsewhere } },
    { ...object, $ref: "#/$defs/whole", $defs: { whole: { properties: { host: elsewhere } } } },
  ])
    expect(addedReach(shown, input(other)).hosts, JSON.stringify(other)).toEqual(["${input.host}"]);
  const place = (value: object) =>
    input(
      { ...object, properties: { place: { ...object, default: value, properties: { host: {} } } } },
      "https://${input.place.host}/",
    );
  expect(addedReach(place({ host: "a.example" }), place({ host: "a.example" }))).toEqual(NOTHING);
  expect(addedReach(place({ host: "a.example" }), place({ host: "b.example" })).hosts).toEqual(["${input.place.host}"]);
  const circle = {
    ...object,
    properties: { host: { anyOf: [{ $ref: "#" }, { $ref: "#/properties/host" }] }, next: { $ref: "#" } },
  };
  expect(addedReach(shown, input(circle))).toEqual(NOTHING);
});

test("pages that are told by a link lead anywhere: where they are new, or another link is taken, that is told", () => {
  const paged = (pagination?: object) => version([{ http: { url: "https://a.example", method: "GET", pagination } }]);
  const links = (...which: string[]) => ({ ...NOTHING, hosts: which.map((it) => `next links of a.example${it}`) });
  const byHeader = paged({ type: "link" });
  const byBody = paged({ type: "link", next: "$.next" });
  expect(addedReach(paged(), byHeader)).toEqual(links(""));
  expect(addedReach(paged({ type: "offset" }), byBody)).toEqual(links(" ($.next)"));
  expect(addedReach(byBody, paged({ type: "link", next: "$.items[0].url" }))).toEqual(links(" ($.items[0].url)"));
  expect(addedReach(byBody, byBody)).toEqual(NOTHING);
  expect(addedReach(byBody, paged({ type: "cursor", cursor: "$.next" }))).toEqual(NOTHING);
  const filledIn = (standard: string) =>
    version(
      [{ http: { url: "https://${input.host}", method: "GET", pagination: { type: "link" } } }],
      {},
      {
        input: { type: "object", properties: { host: { default: "a.example" }, links: { default: standard } } },
      },
    );
  expect(addedReach(filledIn("a"), filledIn("b"))).toEqual(NOTHING);
});

test("more of a run is told, step by step; less is not", () => {
  const needing = (context: unknown[]) => version([get("https://a.example")], { context });
  const shown = needing(["inputs", { previous_steps: ["a"] }]);
  expect(addedReach(shown, needing(["inputs", "environment", { previous_steps: ["a", "b"] }])).context).toEqual([
    "environment",
    "results of b",
  ]);
  expect(addedReach(shown, needing([{ previous_steps: ["a"] }]))).toEqual(NOTHING);
  expect(addedReach(needing([]), version([get("https://a.example")], {}, { context: ["inputs"] })).context).toEqual([
    "inputs",
  ]);
});

test("where nothing was shown all of it is new", () => {
  const wanted = version([get("https://a.example", "${secrets.KEY}")], { ...KEY, context: ["inputs"] });
  expect(addedReach(undefined, wanted)).toEqual({ secrets: ["KEY"], hosts: ["a.example"], context: ["inputs"] });
});
