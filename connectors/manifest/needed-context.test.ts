import { expect, test } from "vitest";
import { neededContext } from "./needed-context.ts";
import { readConnectorValue } from "./read-connector.ts";

function needed(connector: object, actions: object[]) {
  const handler = { http: { url: "https://a.example" } };
  const { manifest, problems } = readConnectorValue(
    JSON.parse(
      JSON.stringify({
        connector: { type: "connector", namespace: "acme", name: "a", version: "1.0.0", ...connector },
        actions: actions.map((more, at) => ({ name: `a${at}`, handler, ...more })),
      }),
    ),
  );
  expect(problems).toEqual([]);
  return manifest && neededContext(manifest);
}

test("what a connector asks for of the run is what it declares, or where it says nothing what its actions do", () => {
  expect(needed({}, [{}])).toEqual([]);
  const context = ["inputs", { previous_steps: ["a", "b"] }, { previous_steps: ["b", "c"] }];
  expect(needed({ context }, [{ context: ["inputs"] }])).toEqual(["inputs", { previous_steps: ["a", "b", "c"] }]);
  expect(needed({}, [{ context: ["environment"] }, { context: ["inputs", "environment"] }])).toEqual([
    "environment",
    "inputs",
  ]);
});
