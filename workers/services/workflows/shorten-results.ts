import type { WorkflowTestAnswer } from "../../../contracts/api/workflow-test.ts";
import type { FixtureResult } from "../../../engine/fixtures/run-fixture.ts";

type Reported = WorkflowTestAnswer["results"][number];

/** What an answer may hold of what went through steps and calls, in characters of JSON. */
const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Results as they are answered: in full as long as there is room, then without what went in and came out of steps. */
export function shortenResults(results: readonly FixtureResult[], room = MOST_CHARACTERS): Reported[] {
  let left = room;
  const fits = (value: unknown): boolean => {
    if (left > 0) left -= JSON.stringify(value).length;
    return left > 0;
  };
  return results.map((result) => {
    const { expected, ...kept } = result;
    const whole = fits([result.outputs, result.differences, expected]);
    const compared = whole
      ? { outputs: result.outputs, differences: result.differences, ...(expected === undefined ? {} : { expected }) }
      : { outputs: null, differences: result.differences.map(({ path }) => ({ path })) };
    const steps = result.steps.map((step) => (fits(step) ? step : { ...step, output: null }));
    const calls = result.calls.map((call) => {
      if (fits(call)) return call;
      const { output: _output, ...rest } = call;
      return { ...rest, input: null };
    });
    return { ...kept, ...compared, steps, calls, ...(left > 0 ? {} : { shortened: true as const }) };
  });
}
