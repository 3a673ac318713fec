import { expect, test } from "vitest";
import type { Json } from "../../engine/json.ts";
import { pinAction } from "./pin-action.ts";
import { readConnectorValue } from "./read-connector.ts";
import { unenforcedLimits } from "./unenforced-limits.ts";

const SERVICE = { http: { url: "https://a.example/execute", style: "service" } };
const DIRECT = { http: { url: "https://a.example", method: "GET" } };
const CODE = { code: { module: "export const run = () => 1;", export: "run" } };

function connector(handlers: Record<string, object>, runtime?: object) {
  const written: Json = JSON.parse(
    JSON.stringify({
      connector: { type: "connector", namespace: "acme", name: "a", version: "1.0.0", runtime },
      actions: Object.entries(handlers).map(([name, handler]) => ({ name, handler })),
    }),
  );
  const { manifest, problems } = readConnectorValue(written);
  expect(problems).toEqual([]);
  if (manifest === undefined) throw new Error("the connector cannot be read");
  return manifest;
}

const resourcesOf = (runtime?: object, handler: object = SERVICE) =>
  pinAction(connector({ go: handler }, runtime), "go")?.handler.resources;

test("a service is told the limits that it alone can keep: as declared, the usual ones elsewhere, at most the most", () => {
  const usual = { bandwidth: "10MB/s" };
  expect(resourcesOf()).toEqual({ cpu: "0.5", memory: "512MB", storage: usual, network: usual });
  expect(
    resourcesOf({
      timeout: 30,
      resources: {
        cpu: "1500m",
        memory: "1GB",
        concurrent: 3,
        storage: { maxSize: "1GB", ephemeral: true, bandwidth: "20MB/s" },
        network: { bandwidth: "1GB/s", allowedHosts: ["b.example"] },
        limits: { maxProcesses: 10 },
      },
    }),
  ).toEqual({
    cpu: "1500m",
    memory: "1GB",
    storage: { maxSize: "1GB", ephemeral: true, bandwidth: "20MB/s" },
    network: { bandwidth: "100MB/s", allowedHosts: ["b.example"] },
    limits: { maxProcesses: 10 },
  });
  expect(resourcesOf({ memory: "2Gi", resources: { cpu: "64" } })).toMatchObject({ cpu: "4", memory: "2Gi" });
  expect(resourcesOf({ memory: "8Gi", resources: { cpu: "many" } })).toMatchObject({ cpu: "0.5", memory: "4GB" });
  expect(resourcesOf({ memory: "1GB" }, { mcp: { url: "https://a.example/mcp" } })).toMatchObject({ memory: "1GB" });
  expect(resourcesOf({ memory: "1GB" }, DIRECT)).toBeUndefined();
  expect(resourcesOf({ memory: "1GB" }, CODE)).toBeUndefined();
});

test("what is not enforced is said: of services all of it, of other calls what was declared, of code no computing", () => {
  const said = (handlers: Record<string, object>, runtime?: object) =>
    unenforcedLimits(connector(handlers, runtime)).map(
      ({ limit, value, actions, passed_on }) => `${limit} ${String(value)} ${actions.join("+")} ${passed_on}`,
    );
  const runtime = { memory: "1GB", timeout: 9, resources: { cpu: "1", concurrent: 2, network: { enabled: false } } };
  expect(said({ go: SERVICE, on: SERVICE })).toEqual([
    "cpu 0.5 go+on true",
    "memory 512MB go+on true",
    "storage.bandwidth 10MB/s go+on true",
    "network.bandwidth 10MB/s go+on true",
  ]);
  expect(said({ go: DIRECT, run: CODE })).toEqual([]);
  expect(said({ go: DIRECT, run: CODE, local: { command: "ls" } }, runtime)).toEqual([
    "cpu 1 go false",
    "memory 1GB run+go false",
    "network.enabled false run+go false",
  ]);
  expect(said({ local: { command: "ls" } }, runtime)).toEqual([]);
  expect(unenforcedLimits(connector({ go: SERVICE, run: CODE }, runtime)).map(({ message }) => message)).toEqual(
    expect.arrayContaining([
      "cpu (1) is not enforced here on go: each call tells it to the service, in context.resources, which has to keep it",
      "memory (1GB) is not enforced here on run: no service of yours runs there that could be told",
    ]),
  );
});

test("the tools of a server that gave none yet are named as such", () => {
  const { manifest } = readConnectorValue({
    connector: { type: "connector", kind: "mcp-server", namespace: "acme", name: "a", version: "1.0.0" },
    server: "https://a.example/mcp",
  });
  const [first] = manifest === undefined ? [] : unenforcedLimits(manifest);
  expect(first).toMatchObject({ limit: "cpu", actions: [], passed_on: true });
  expect(first?.message).toContain("on its tools");
});
