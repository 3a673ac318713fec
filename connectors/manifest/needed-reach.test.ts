import { expect, test } from "vitest";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import { neededReach } from "./needed-reach.ts";
import type { ConnectorManifest } from "./manifest.ts";
import { readConnectorValue } from "./read-connector.ts";

function reach(connector: object, handlers: object[], more: object = {}) {
  const { manifest, problems } = readConnectorValue(
    JSON.parse(
      JSON.stringify({
        connector: { type: "connector", namespace: "acme", name: "a", version: "1.0.0", ...connector },
        ...more,
        actions: handlers.map((handler, at) => ({ name: `a${at}`, handler })),
      }),
    ),
  );
  expect(problems).toEqual([]);
  return manifest && neededReach(manifest);
}

test("every secret that a connector may ask for by name is shown, wherever its handlers name it", () => {
  const secret = (name: string) => ({ name, secret: true });
  const environment = [
    "DECLARED",
    { name: "NO_SECRET", secret: false },
    ...["IN_PATH", "IN_QUERY", "IN_BODY", "IN_AUTH", "FOR_LATER"].map(secret),
  ];
  const declared = { runtime: { environment } };
  expect(
    reach(declared, [
      { http: { url: "https://a.example/${secrets.IN_PATH}", method: "GET", query: { q: "{{ secrets.IN_QUERY }}" } } },
      {
        http: {
          url: "https://b.example",
          method: "POST",
          headers: { a: "${DECLARED}", b: "${NO_SECRET}", c: "${env.REGION}" },
          body: ["x ${secrets.IN_BODY}"],
        },
      },
      { http: { url: "https://a.example", method: "GET", auth: { type: "bearer", token: "${secrets.IN_AUTH}" } } },
      { code: { module: "export const a3 = () => 1;", hosts: ["c.example", "*.d.example"], secrets: ["IN_CODE"] } },
    ]),
  ).toEqual({
    secrets: ["DECLARED", "FOR_LATER", "IN_AUTH", "IN_BODY", "IN_CODE", "IN_PATH", "IN_QUERY"],
    env: ["DECLARED", "NO_SECRET", "REGION"],
    hosts: ["*.d.example", "a.example", "b.example", "c.example"],
  });
});

test("a secret is shown that is declared twice, or is said to be none, in a version of before", () => {
  const http = (header: string): ConnectorManifest["actions"][number]["handler"] => ({
    kind: "http",
    style: "direct",
    url: "https://a.example",
    method: "GET",
    headers: { a: header },
  });
  const shown = (header: string, environment: NonNullable<ConnectorManifest["runtime"]>["environment"]) => {
    const { manifest } = readConnectorValue({
      connector: { type: "connector", namespace: "acme", name: "a", version: "1.0.0" },
      actions: [{ name: "a0", handler: { http: { url: "https://a.example", method: "GET" } } }],
    });
    const [action] = manifest?.actions ?? [];
    if (manifest === undefined || action === undefined) throw new Error("the connector cannot be read");
    return neededReach({ ...manifest, runtime: { environment }, actions: [{ ...action, handler: http(header) }] })
      .secrets;
  };
  const none = { name: "KEY", secret: false };
  expect(shown("${secrets.KEY}", [{ name: "KEY" }, none])).toEqual(["KEY"]);
  expect(shown("${secrets.KEY}", [none])).toEqual(["KEY"]);
  // A call looks a bare name up as the first one says.
  expect(shown("${KEY}", [{ name: "KEY" }, none])).toEqual(["KEY"]);
  expect(shown("${KEY}", [none, { name: "KEY" }])).toEqual([]);
});

test("a host is shown as the file writes it: filled in, of the connection, or of the connector's own base", () => {
  const get = (url: string) => ({ http: { url, method: "GET" } });
  expect(
    reach({}, [get("https://${input.region}.example:8443/a"), get("${input.url}"), get("/relative")])?.hosts,
  ).toEqual(["${input.region}.example:8443", "${input.url}", "connection"]);
  expect(reach({ base_url: "https://base.example/v1" }, [get("/relative")])?.hosts).toEqual(["base.example"]);
});

test("where a next page's link may lead is shown beside the host whose answer says it", () => {
  const paged = (pagination: object) => ({ http: { url: "https://a.example/list", method: "GET", pagination } });
  expect(reach({}, [paged({ type: "page" }), paged({ type: "cursor", cursor: "$.c" })])?.hosts).toEqual(["a.example"]);
  expect(reach({}, [paged({ type: "link" }), paged({ type: "link", next: "$.next" })])?.hosts).toEqual([
    "a.example",
    "next links of a.example",
    "next links of a.example ($.next)",
  ]);
  const http = FIRST_PARTY.find(({ name }) => name === "http");
  expect(http && neededReach(http).hosts).toContain("next links of ${input.url} (${input.pagination})");
});
