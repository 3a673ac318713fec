export const CALCULATOR = "connector:community/calculator@1.0.0";

/** A workload's workflow: the floor knows it by its slug, the platform by the published definition. */
export interface BenchWorkflow {
  slug: string;
  definition: object;
  /** What `outputs.value` must be for `inputs.start`; anything else counts as a failed run. */
  expected(start: number): number;
}

export const THREE_STEPS = sequence("bench-three", 3);
export const TEN_STEPS = sequence("bench-ten", 10);
export const FIFTY_PARALLEL = fan("bench-fifty", 50);
/** All that is published on the platform. */
export const PUBLISHED: readonly object[] = [
  THREE_STEPS.definition,
  TEN_STEPS.definition,
  FIFTY_PARALLEL.definition,
  sequence("bench-one", 1).definition,
  ticks("bench-ticks"),
];

/** Every step adds one to the result of the one before. */
function sequence(slug: string, count: number): BenchWorkflow {
  const steps = Array.from({ length: count }, (_, index) => ({
    id: `add_${index}`,
    connector: CALCULATOR,
    action: "add",
    input: { a: index === 0 ? "{{ inputs.start }}" : `{{ steps.add_${index - 1}.output.result }}`, b: 1 },
  }));
  const value = `{{ steps.add_${count - 1}.output.result }}`;
  return { slug, definition: workflow(slug, steps, value), expected: (start) => start + count };
}

/** One parallel loop over `width` numbers; every iteration adds the item to `start`. */
function fan(slug: string, width: number): BenchWorkflow {
  const step = {
    id: "add_each",
    connector: CALCULATOR,
    action: "add",
    for_each: Array.from({ length: width }, (_, index) => index + 1),
    parallel: true,
    max_concurrency: width,
    input: { a: "{{ inputs.start }}", b: "{{ item }}" },
  };
  const value = `{{ steps.add_each.output[${width - 1}].result }}`;
  return { slug, definition: workflow(slug, [step], value), expected: (start) => start + width };
}

function workflow(slug: string, steps: object[], value: string): object {
  return {
    name: slug,
    version: "1.0.0",
    inputs: { start: { type: "integer", required: true } },
    steps,
    outputs: { value: { value } },
  };
}

/** Waits for the event `tick`, again and again. */
function ticks(slug: string): object {
  const wait = { id: "wait", type: "wait", until: { event: "tick" } };
  return {
    name: slug,
    version: "1.0.0",
    inputs: { ticks: { type: "integer", required: true } },
    steps: [{ id: "each", type: "forEach", items: "{{ range(inputs.ticks) }}", maxConcurrency: 1, steps: [wait] }],
  };
}
