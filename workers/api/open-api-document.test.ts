import { expect, test } from "vitest";
import { openApiDocument } from "./open-api-document.ts";
import { routes } from "./routes.ts";

interface Described {
  paths: Record<string, Record<string, { security?: object[]; responses: Record<string, unknown> }>>;
}

const { paths } = openApiDocument(routes) as Described;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
);

test("every operation that takes a key may be answered 429: its requests are counted", () => {
  const keyed = operations.filter(({ security }) => security?.length !== 0);
  expect(keyed.length).toBeGreaterThan(100);
  const silent = keyed.filter(({ responses }) => responses["429"] === undefined);
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test("what starts an execution may be answered 402", () => {
  for (const name of ["POST /workflows/executions", "POST /execute", "POST /triggers/{id}/test"]) {
    const found = operations.find((operation) => operation.name === name);
    expect(Object.keys(found?.responses ?? {}), name).toContain("402");
  }
});

test("the addresses of webhooks are described, with every method and what they may be answered", () => {
  const hooks = operations.filter(({ name }) => name.endsWith(" /hooks/{tenant}/{path}"));
  expect(hooks.map(({ name }) => name.split(" ")[0]).sort()).toEqual(["DELETE", "GET", "PATCH", "POST", "PUT"]);
  for (const { name, responses } of hooks)
    expect(Object.keys(responses), name).toEqual(
      expect.arrayContaining([
        "200",
        "202",
        "400",
        "401",
        "402",
        "403",
        "404",
        "405",
        "409",
        "413",
        "415",
        "429",
        "503",
      ]),
    );
});
