import { describeError } from "./describe-error.ts";
import { jsonTextOf } from "./json-text.ts";
import { seededRandom } from "./seeded-random.ts";

/*
 * What runs inside of QuickJS (`../quickjs.ts`), loaded once into the memory that every call begins with. All of it is in
 * the hands of the code that it evaluates, so the host trusts none of its answers.
 */

const NO_ANSWER = 'r{"message":"the promise is never settled"}';

/**
 * The function that the host calls. With texts it begins to evaluate `expression` on the JSON `data`; without, when no job
 * is left, it answers: `v` and the result as JSON, `r` and the error as JSON, or `s` and the limit that was met.
 */
export function answering(
  evaluate: (expression: string, data: unknown) => Promise<unknown>,
): (expression?: string, data?: string, seed?: string) => string {
  let answer = NO_ANSWER;
  const fail = (error: unknown): void => {
    answer = describeError(error);
  };
  const settle = (value: unknown): void => {
    try {
      answer = jsonTextOf(value);
    } catch (error) {
      fail(error);
    }
  };
  return (expression, data = "null", seed = "0") => {
    if (expression === undefined) return answer;
    Math.random = seededRandom(Number(seed));
    try {
      const input: unknown = JSON.parse(data);
      evaluate(expression, input).then(settle, fail);
    } catch (error) {
      fail(error);
    }
    return "";
  };
}
