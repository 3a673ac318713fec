import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FIRST_PARTY } from "../../connectors/first-party/all-connectors.ts";
import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import { readConnector } from "../../connectors/manifest/read-connector.ts";
import { type Pins, pinKey } from "../../engine/connector.ts";
import { allSteps } from "../../engine/definition/child-blocks.ts";
import { type ReadWorkflows, readWorkflows } from "../../engine/definition/read-workflows.ts";
import type { WorkflowDefinition } from "../../engine/definition/types.ts";
import { analyse } from "../../engine/findings/analyse.ts";

/*
 * Findings are only read when nearly all of them are right. Here they are held against workflows that are as they should be: a
 * warning about one of those is a mistake of the check.
 */

const ROOT = join(import.meta.dirname, "../..");
const SEEDS = join(ROOT, "../shared/seeds");

function exampleManifests(): ConnectorManifest[] {
  const files = readdirSync(join(ROOT, "examples")).map((name) => join(ROOT, "examples", name, "connector.yaml"));
  return files.filter(existsSync).flatMap((file) => readConnector(readFileSync(file, "utf8"), "yaml").manifest ?? []);
}

const MANIFESTS = [...FIRST_PARTY, ...exampleManifests()];

function pinsOf(definition: WorkflowDefinition): Pins {
  const pins: Pins = {};
  for (const step of allSteps([...definition.steps, ...(definition.graph?.nodes ?? [])])) {
    if (step.kind !== "action") continue;
    const name = step.connector.replace(/^connector:/, "").replace(/@.*$/, "");
    const manifest = MANIFESTS.find((it) => name === it.name || name === `${it.namespace}/${it.name}`);
    const pin = manifest && pinAction(manifest, step.action);
    if (pin !== undefined) pins[pinKey(step.connector, step.action)] = pin;
  }
  return pins;
}

/** `code path` of every warning of every workflow of a file that is valid. */
function warnings({ workflows, problems }: ReadWorkflows): string[] {
  if (problems.length > 0) return [];
  return workflows.flatMap((workflow) =>
    analyse(workflow, { definition: workflow.definition, pins: pinsOf(workflow.definition) })
      .findings.filter(({ severity }) => severity === "warning")
      .map(({ code, path }) => `${code} ${path}`),
  );
}

const EXAMPLES = readdirSync(join(ROOT, "examples"))
  .map((name) => join(ROOT, "examples", name, "workflows.yaml"))
  .filter(existsSync);

test.each(EXAMPLES)("no warning is given about the example %s", (file) => {
  expect(warnings(readWorkflows(readFileSync(file, "utf8"), "yaml"))).toEqual([]);
});

describe.skipIf(!existsSync(SEEDS))("the seeds (not read where ../shared/seeds is not beside this checkout)", () => {
  const blocks = (existsSync(SEEDS) ? readdirSync(SEEDS) : []).flatMap((file) => {
    const text = readFileSync(join(SEEDS, file), "utf8");
    return [...text.matchAll(/^ *```ya?ml *\n([\s\S]*?)^ *```/gm)].map(([, block = ""]) => block);
  });

  test("no warning is given about any of their workflows", () => {
    const read = blocks.map((block) => readWorkflows(block, "yaml", { name: "a fragment" }));
    expect(read.filter(({ problems }) => problems.length === 0).length).toBeGreaterThan(0);
    expect(read.flatMap(warnings)).toEqual([]);
  });
});
