import type { ConformanceCase, Expectation } from "./conformance-case.ts";
import type { HappeningInCase } from "./happenings.ts";
import type { StartOptions } from "./host.ts";
import type { Answer } from "./script.ts";

type Members<Shape> = Readonly<Record<keyof Shape, true>>;

const CASE: Members<ConformanceCase> = {
  topic: true,
  case: true,
  covers: true,
  workflow: true,
  inputs: true,
  env: true,
  actions: true,
  workflows: true,
  start: true,
  happen: true,
  expect: true,
};

const EXPECTATION: Members<Expectation> = {
  refused: true,
  input_problems: true,
  status: true,
  outputs: true,
  error: true,
  steps: true,
  record: true,
  refusals: true,
  step_runs: true,
  events: true,
  some_events: true,
  calls: true,
  sent: true,
  delays: true,
  delays_within: true,
  same_request: true,
  in_flight: true,
};

const START: Members<StartOptions> = {
  roles: true,
  permissions: true,
  actor: true,
  budget: true,
  start_after_ms: true,
  concurrency: true,
  max_steps: true,
};

const HAPPENING: Members<HappeningInCase> = {
  after_ms: true,
  when: true,
  asked: true,
  signal: true,
  message: true,
  decide: true,
  pause: true,
  resume: true,
  retry: true,
  shutdown: true,
  cancel: true,
  release: true,
  answer: true,
  task: true,
  see: true,
};

const ANSWER: Members<Answer> = {
  output: true,
  echo: true,
  error: true,
  retry_after_ms: true,
  outcome_unknown: true,
  after_ms: true,
  hang: true,
  held: true,
  usage: true,
  logs: true,
  pending: true,
};

const WHEN = new Set(["after_ms", "when", "asked"]);

/** Members of a case that nothing looks at, and happenings that are not one thing: what they ask for would not be checked. */
export function strayMembers(one: ConformanceCase): string[] {
  const { expect, start = {}, happen = [], actions = {} } = one;
  return [
    ...unknown(one, CASE, ""),
    ...unknown(expect, EXPECTATION, "expect."),
    ...unknown(start, START, "start."),
    ...happen.flatMap((happening, index) => [
      ...unknown(happening, HAPPENING, `happen[${index}].`),
      ...(Object.keys(happening).filter((key) => !WHEN.has(key)).length === 1 ? [] : [`happen[${index}]`]),
    ]),
    ...Object.entries(actions).flatMap(([path, answers]) =>
      [answers].flat().flatMap((answer) => unknown(answer, ANSWER, `actions.${path}.`)),
    ),
  ];
}

function unknown(value: object, known: object, where: string): string[] {
  return Object.keys(value)
    .filter((key) => !Object.hasOwn(known, key))
    .map((key) => where + key);
}
