import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { numberOf } from "./read-input.ts";

function result(value: number): Outcome {
  if (Number.isFinite(value)) return done({ result: value });
  return refuse("The result is too large to be written, or is not a number");
}

/** Actions of `community/calculator`. */
export const calculator: Record<string, ToolFunction> = {
  add: (input) => result(numberOf(input, "a") + numberOf(input, "b")),
  subtract: (input) => result(numberOf(input, "a") - numberOf(input, "b")),
  multiply: (input) => result(numberOf(input, "a") * numberOf(input, "b")),
  divide: (input) =>
    numberOf(input, "b") === 0
      ? refuse("Cannot divide by zero: `b` must be another number", { field: "b", constraint: "not zero" })
      : result(numberOf(input, "a") / numberOf(input, "b")),
  power: (input) => result(numberOf(input, "base") ** numberOf(input, "exponent")),
  sqrt: (input) =>
    numberOf(input, "value") < 0
      ? refuse("There is no square root of a negative number", { field: "value", constraint: "not negative" })
      : result(Math.sqrt(numberOf(input, "value"))),
  percentage: (input) => result((numberOf(input, "value") * numberOf(input, "percent")) / 100),
};
