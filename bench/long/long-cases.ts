import { CALCULATOR } from "../workflows.ts";

/** Items of one loop (the language's limit): more steps are more loops, one after the other. */
const MOST_ITEMS = 10_000;

/** A workload of one execution with very many steps. */
export interface LongCase {
  /** How results and gates name it. */
  name: string;
  title: string;
  slug: string;
  /** Steps of the language's counting that one item of a loop is: its own iterations, and the steps inside. */
  stepsPerItem: number;
  /** The steps of loop number `loop`, over `{{ inputs.items }}` items. */
  loop(loop: number): object;
  /** The value that loop leaves behind: results of `add` over its items. */
  last(loop: number): string;
}

const call = (id: string, a: string, b: string | number): object => ({
  id,
  connector: CALCULATOR,
  action: "add",
  input: { a, b },
});
const RANGE = "{{ range(inputs.items) }}";

export const LONG_CASES: readonly LongCase[] = [
  {
    name: "N1",
    title: "for_each, one after the other",
    slug: "bench-long-sequence",
    stepsPerItem: 1,
    loop: (loop) => ({ ...call(`each_${loop}`, "{{ item }}", 1), for_each: RANGE }),
    last: (loop) => `{{ steps.each_${loop}.output[inputs.items - 1].result }}`,
  },
  {
    name: "N2",
    title: "for_each, parallel",
    slug: "bench-long-parallel",
    stepsPerItem: 1,
    loop: (loop) => ({ ...call(`each_${loop}`, "{{ item }}", 1), for_each: RANGE, parallel: true }),
    last: (loop) => `{{ steps.each_${loop}.output[inputs.items - 1].result }}`,
  },
  {
    name: "N3",
    title: "forEach with two steps inside",
    slug: "bench-long-nested",
    stepsPerItem: 3,
    loop: (loop) => ({
      id: `each_${loop}`,
      type: "forEach",
      items: RANGE,
      steps: [
        call(`twice_${loop}`, "{{ item }}", "{{ item }}"),
        call(`back_${loop}`, `{{ steps.twice_${loop}.output.result - item }}`, 1),
      ],
    }),
    last: (loop) => `{{ steps.each_${loop}.output.results[inputs.items - 1].output.result }}`,
  },
];

/** How a case gets its steps: that many loops over so many items each. */
export function loopsFor({ stepsPerItem }: LongCase, steps: number): { loops: number; items: number } {
  const items = Math.floor(steps / stepsPerItem);
  const loops = Math.ceil(items / MOST_ITEMS);
  return { loops, items: Math.floor(items / loops) };
}

/** The workflow of a case with so many loops; `outputs.value` is the number of items, by the last result. */
export function longWorkflow(it: LongCase, loops: number): object {
  return {
    name: it.slug,
    version: "1.0.0",
    inputs: { items: { type: "integer", required: true } },
    steps: Array.from({ length: loops }, (_, loop) => it.loop(loop)),
    outputs: { value: { value: it.last(loops - 1) } },
  };
}
