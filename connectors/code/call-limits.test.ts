import { expect, test } from "vitest";
import { pinAction } from "../manifest/pin-action.ts";
import { readConnectorValue } from "../manifest/read-connector.ts";
import { codeCallLimits } from "./call-limits.ts";

test("cores are computing time, half a core where nothing is said, never more than four or less than a little", () => {
  const cpuOf = (cpu?: string) => codeCallLimits(cpu === undefined ? undefined : { cpu }).cpuMs;
  expect([cpuOf(), cpuOf("0.5"), cpuOf("500m"), cpuOf("2"), cpuOf("64"), cpuOf("0"), cpuOf("many")]).toEqual([
    5_000, 5_000, 5_000, 20_000, 40_000, 100, 5_000,
  ]);
});

test("calls at once are what the connector says, between one and a hundred", () => {
  expect(codeCallLimits({})).not.toHaveProperty("concurrent");
  expect([1, 7, 1_000, 0].map((concurrent) => codeCallLimits({ concurrent }).concurrent)).toEqual([1, 7, 100, 1]);
});

/** A code connector with these members in its block and its action, pinned. */
function pinned(block: object, action: object) {
  const { manifest, problems } = readConnectorValue({
    connector: { type: "connector", kind: "code", name: "c", namespace: "acme", version: "1.0.0", ...block },
    actions: [{ name: "act", handler: { code: { module: "export const act = () => 1;" } }, ...action }],
  });
  return { problems, pin: manifest && pinAction(manifest, "act") };
}

test("a pin holds the limits, and an action narrows what its connector is told and never widens it", () => {
  const block = {
    runtime: { resources: { cpu: 0.1, concurrent: 3 } },
    context: ["inputs", { previous_steps: ["a", "b"] }],
  };
  expect(pinned(block, {}).pin).toMatchObject({
    handler: { limits: { cpuMs: 1_000, concurrent: 3 } },
    context: block.context,
  });
  const asked = { context: ["environment", { previous_steps: ["b", "c"] }] };
  expect(pinned(block, asked).pin?.context).toEqual([{ previous_steps: ["b"] }]);
  expect(pinned({}, asked).pin?.context).toEqual(asked.context);
  expect(pinned({ runtime: { resources: { concurrent: 101 } } }, {}).problems).toHaveLength(1);
});
