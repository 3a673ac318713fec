import { expect, test } from "vitest";
import { validateAnswer } from "../../../contracts/api/workflows.ts";
import type { Context } from "../context.ts";
import { validateWorkflows } from "./validate.ts";

/** Nothing of the world: these documents name no connector. */
const NOWHERE = { ports: {}, caller: {} } as unknown as Context;

async function validated(text: string) {
  return validateAnswer.parse(await validateWorkflows(NOWHERE, text, "yaml"));
}

const VALID = `workflows:
  - name: Two Steps
    steps:
      - {id: a, type: output, value: 1, condition: 1 > 2}
      - {id: b, type: transform, language: jq, expression: ., retry: {max_attempts: 2}}
  - name: Other
    steps: [{id: c, type: output, value: 1}]
`;

test("a valid file has its findings in the order of the file and an estimate with a price for each workflow", async () => {
  const answer = await validated(VALID);
  expect(answer).toMatchObject({
    valid: true,
    problems: [],
    findings: [{ code: "unreachable-step", severity: "warning", path: "/workflows/0/steps/0/condition", line: 4 }],
    estimate: {
      "two-steps": {
        steps: { least: 1, most: 1 },
        actions: {},
        step_runs: { least: 1, most: 2 },
        price: { currency: "USD", least: 0.0005, most: 0.0006 },
      },
      other: { steps: { least: 1, most: 1 }, price: { least: 0.0004, most: 0.0004 } },
    },
  });
});

test("what this deployment does not have is a finding with a name", async () => {
  const { valid, findings } = await validated(
    "name: x\nsteps: [{id: p, type: transform, language: python, expression: return 1}]\n",
  );
  expect(valid).toBe(true);
  expect(findings).toMatchObject([{ code: "not-available", severity: "warning", path: "/steps/0/language", line: 2 }]);
});

test("a file with problems has no estimate, and nothing is found in what could not be read", async () => {
  const answer = await validated(VALID.replace("{id: c, type: output, value: 1}", "{id: c, type: output, valeu: 1}"));
  expect(answer).toMatchObject({ valid: false, findings: [], estimate: null });
  expect(answer.problems.length).toBeGreaterThan(0);
});
