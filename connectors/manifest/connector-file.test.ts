import { expect, test } from "vitest";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import { connectorFile } from "./connector-file.ts";
import { readConnectorValue } from "./read-connector.ts";

/** `http` takes its method and other whole members from its input, which a file may not say. */
const FILES = FIRST_PARTY.filter(({ name }) => name !== "http");

test.each(FILES.map((manifest) => [manifest.name, manifest] as const))(
  "the file of %s reads as its manifest",
  (_, manifest) => {
    const { manifest: read, problems } = readConnectorValue(connectorFile(manifest));
    expect(problems).toEqual([]);
    expect(read).toEqual(JSON.parse(JSON.stringify(manifest)));
  },
);

test("a file that was read is written as one that reads the same", () => {
  const { manifest, problems } = readConnectorValue({
    connector: {
      name: "tides",
      namespace: "acme",
      version: "1.0.0",
      auth: { type: "bearer", prefix: "Bearer" },
      timeout: "30s",
    },
    actions: [
      { name: "ask", timeout: "5s", handler: { http: { url: "https://tides.example/ask", method: "GET" } } },
      { name: "tool", handler: { mcp: { url: "https://tides.example/mcp", tool: "high" } } },
      { name: "send", handler: { kafka: { topic: "tides", timeout: 3 } } },
    ],
  });
  expect(problems).toEqual([]);
  if (manifest === undefined) throw new Error("no manifest");
  expect(readConnectorValue(connectorFile(manifest))).toEqual({ manifest, problems: [] });
});
