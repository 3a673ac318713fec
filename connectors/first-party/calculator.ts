import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { number, object } from "./schema-terms.ts";

const result = object({ result: number("What came out") });

function binary(name: string, description: string, a: [string, string], b: [string, string]) {
  const input: JsonObject = object({ [a[0]]: number(a[1]), [b[0]]: number(b[1]) });
  return { name, description, input, output: result };
}

/** `community/calculator`: arithmetic on numbers. */
export const calculator = toolboxManifest(
  {
    name: "calculator",
    displayName: "Calculator",
    description: "Arithmetic on two numbers, powers, roots and percentages",
    categories: ["math"],
  },
  [
    binary("add", "The sum of two numbers", ["a", "First summand"], ["b", "Second summand"]),
    binary("subtract", "The difference of two numbers", ["a", "Number to take from"], ["b", "Number to take away"]),
    binary("multiply", "The product of two numbers", ["a", "First factor"], ["b", "Second factor"]),
    binary("divide", "The quotient of two numbers", ["a", "Dividend"], ["b", "Divisor, not zero"]),
    binary("power", "A number raised to a power", ["base", "The base"], ["exponent", "The exponent"]),
    {
      name: "sqrt",
      description: "The square root of a number",
      input: object({ value: number("A number, not negative", { minimum: 0 }) }),
      output: result,
    },
    binary("percentage", "So many percent of a number", ["value", "The whole"], ["percent", "How many percent of it"]),
  ],
);
