import type { ConnectorEntry } from "./entry.ts";

export const calculatorEntry: ConnectorEntry = {
  about: `Arithmetic on two numbers, mostly for a first workflow: expressions (\`{{ inputs.a + inputs.b }}\`) do the same without a step. A result that
is no finite number (a division by zero, a root of a negative number) is a VALIDATION error.`,
  examples: [
    { action: "add", title: "A sum", input: { a: 2, b: 3 }, output: { result: 5 } },
    { action: "subtract", title: "A difference", input: { a: 2, b: 3 }, output: { result: -1 } },
    { action: "multiply", title: "A product", input: { a: 2, b: 3 }, output: { result: 6 } },
    { action: "divide", title: "A quotient", input: { a: 3, b: 2 }, output: { result: 1.5 } },
    { action: "power", title: "Two to the ten", input: { base: 2, exponent: 10 }, output: { result: 1024 } },
    { action: "sqrt", title: "A root", input: { value: 81 }, output: { result: 9 } },
    { action: "percentage", title: "15 % of 30", input: { value: 30, percent: 15 }, output: { result: 4.5 } },
  ],
};
