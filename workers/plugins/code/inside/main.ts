import { evaluateJavaScript } from "./javascript.ts";
import { evaluateJsonata } from "./jsonata.ts";
import { jsonTextOf } from "./json-text.ts";
import { describeError } from "./describe-error.ts";
import { seededRandom } from "./seeded-random.ts";

/*
 * What runs inside of QuickJS (`../quickjs.ts`), loaded once into the memory that every call begins with. All of it is in
 * the hands of the code that it evaluates, so the host trusts none of its answers.
 */

const NO_ANSWER = 'r{"message":"the promise is never settled"}';
let answer = NO_ANSWER;

/**
 * Called with four texts, it begins to evaluate `expression` on the JSON `data`; called without, when no job is left, it
 * answers: `v` and the result as JSON, `r` and the error as JSON, or `s` and the limit that was met.
 */
export function main(language?: string, expression = "", data = "null", seed = "0"): string {
  if (language === undefined) return answer;
  Math.random = seededRandom(Number(seed));
  const settle = (value: unknown): void => {
    try {
      answer = jsonTextOf(value);
    } catch (error) {
      fail(error);
    }
  };
  const fail = (error: unknown): void => {
    answer = describeError(error, language);
  };
  try {
    const input: unknown = JSON.parse(data);
    const evaluate = language === "jsonata" ? evaluateJsonata : evaluateJavaScript;
    evaluate(expression, input).then(settle, fail);
  } catch (error) {
    fail(error);
  }
  return "";
}
