import { expect, test } from "vitest";
import { readWorkflows } from "./read-workflows.ts";

/** Each leaves a field empty that must be given: read as if it were not there, a step would be lost without a word. */
const EMPTY: Readonly<Record<string, [text: string, path: string]>> = {
  "a workflow's name": ["name:\nsteps: []", "/name"],
  "a step's id": ["name: x\nsteps: [{id: , plugin: p, action: a}]", "/steps/0/id"],
  "a step's connector": ["name: x\nsteps: [{id: a, connector: , action: b}]", "/steps/0/connector"],
  "a step's action": ["name: x\nsteps: [{id: a, connector: b, action: }]", "/steps/0/action"],
  "the branch of a condition": ["name: x\nsteps: [{id: a, type: if, condition: true, then: }]", "/steps/0/then"],
  "the steps of a try": ["name: x\nsteps: [{id: a, type: try, steps: }]", "/steps/0/steps"],
  "the cases of a switch": ["name: x\nsteps: [{id: a, type: switch, value: 1, cases: }]", "/steps/0/cases"],
  "the branches of a parallel": ["name: x\nsteps: [{id: a, type: parallel, branches: }]", "/steps/0/branches"],
  "a subworkflow": ["name: x\nsteps: [{id: a, workflow: }]", "/steps/0/workflow"],
  "a trigger's type": ["name: x\ntriggers: [{type: , cron: '* * * * *'}]\nsteps: []", "/triggers/0/type"],
  "a schedule": ["name: x\ntriggers: [{type: schedule, cron: }]\nsteps: []", "/triggers/0/cron"],
};

test.each(Object.entries(EMPTY))("%s that is left empty is missing", (_, [text, path]) => {
  const { problems } = readWorkflows(text, "yaml");
  expect(problems.map((problem) => problem.path)).toContain(path);
  expect(problems.find((problem) => problem.path === path)?.message).toContain("is required");
});
