import { expect, test } from "vitest";
import { refusedSource } from "./refused-source.ts";

const FILE = `connector:
  name: tides
  namespace: acme
  version: 1.0.0
  kind: mcp-server
server:
  url: https://tides.example/mcp
  headers:
    x-key: "\${secrets.TIDE_KEY}"
    x-two: "\${secrets.OTHER_KEY}"
`;

test("a file of before whose secrets are not declared is refused with what to declare, where, and how to go on", () => {
  const refused = refusedSource("acme--tides", FILE, "yaml");
  expect(refused?.code).toBe("VALIDATION");
  expect(refused?.message).toMatch(/^The file of "acme--tides" was published when less was asked of one/);
  expect(refused?.message).toContain("line 9: ${secrets.TIDE_KEY} is not declared");
  expect(refused?.message).toContain("Add {name: TIDE_KEY, secret: true} to runtime.environment (and 1 more)");
  expect(refused?.message).toContain("publish it as a higher version, by PUT /plugins/acme--tides");
  expect(refused?.details?.problems).toHaveLength(2);
  const written = JSON.stringify({
    connector: { name: "tides", namespace: "acme", version: "1.0.0", kind: "mcp-server" },
    server: { url: "https://tides.example/mcp", headers: { "x-key": "${secrets.TIDE_KEY}" } },
  });
  expect(refusedSource("acme--tides", written, "json")?.message).toContain("TIDE_KEY, secret: true");
});

test("a file that this release takes is none of that", () => {
  const declared = FILE.replace(
    "server:\n",
    "  runtime: {environment: [{name: TIDE_KEY, secret: true}, {name: OTHER_KEY, secret: true}]}\nserver:\n",
  );
  expect(refusedSource("acme--tides", declared, "yaml")).toBeNull();
});
