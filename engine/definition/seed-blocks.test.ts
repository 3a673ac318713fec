import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readWorkflows } from "./read-workflows.ts";

/** The seed documents stand beside the checkout where this project is developed; a clone elsewhere does not have them. */
const SEEDS = new URL("../../../shared/seeds/", import.meta.url);

/** YAML blocks of the seeds that are no workflows, by file and number, and why. */
const NO_WORKFLOW: Readonly<Record<string, string>> = {
  "execution-modes.md 2": "a part of a connector manifest: connectors read it",
  "execution-modes.md 3": "a Docker Compose file",
  "workflow-executor.md 1": "the configuration format of another product, invalid YAML besides",
  "workflow-executor.md 2": "a request and a list in one block: no YAML document",
  "workflow-executor.md 3": "tool configuration of another product",
  "workflow-executor.md 4": "tool configuration of another product",
  "workflow-executor.md 5": "a Docker Compose file",
  "workflow-executor.md 6": "Kubernetes manifests",
  "workflow-executor.md 7": "agent configuration of another product",
  "workflow-executor.md 8": "agent configuration of another product",
  "workflow-executor.md 9": "tool configuration of another product",
  "workflow-executor.md 10": "tool configuration of another product",
  "workflow-executor.md 11": "arguments of an executor method, not a workflow",
  "workflow-executor.md 12": "arguments of an executor method, not a workflow",
  "workflow-executor.md 13": "arguments of an executor method, not a workflow",
  "workflow-executor.md 14": "arguments of an executor method, not a workflow",
  "workflow-executor.md 15": "agent configuration of another product",
};

function yamlBlocks(): [string, string][] {
  return readdirSync(SEEDS)
    .filter((file) => file.endsWith(".md"))
    .sort()
    .flatMap((file) => {
      const text = readFileSync(new URL(file, SEEDS), "utf8");
      const blocks = [...text.matchAll(/^ *```ya?ml *\n([\s\S]*?)^ *```/gm)];
      return blocks.map(([, block = ""], index): [string, string] => [`${file} ${index + 1}`, block]);
    });
}

const present = existsSync(SEEDS);
const why = present ? "" : " (not read: ../shared/seeds is not beside this checkout)";

describe.skipIf(!present)(`every YAML block of the seeds${why}`, () => {
  const blocks: [string, string][] = present ? yamlBlocks() : [["none", ""]];

  test("there are as many as the table was written for", () => {
    expect(blocks.filter(([name]) => name in NO_WORKFLOW)).toHaveLength(Object.keys(NO_WORKFLOW).length);
    expect(blocks.length).toBeGreaterThan(Object.keys(NO_WORKFLOW).length);
  });

  test.each(blocks)("%s is a valid workflow, or is listed as none", (name, block) => {
    const { problems } = readWorkflows(block, "yaml", { name: "a fragment" });
    if (name in NO_WORKFLOW) expect(problems.length).toBeGreaterThan(0);
    else expect(problems).toEqual([]);
  });
});
