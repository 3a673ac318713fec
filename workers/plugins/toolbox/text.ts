import { done, type Outcome, type ToolFunction } from "./outcome.ts";
import { asText, listOf, numberOf, textOf } from "./read-input.ts";

function text(value: string): Outcome {
  return done({ text: value });
}

function titled(value: string): string {
  return value
    .toLowerCase()
    .replace(/(^|[^\p{L}\p{N}'’])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

function truncated(value: string, length: number, ending: string): string {
  const characters = [...value];
  if (characters.length <= length) return value;
  const tail = [...ending].slice(0, length);
  return [...characters.slice(0, length - tail.length), ...tail].join("");
}

/** Actions of `community/text`. */
export const textFunctions: Record<string, ToolFunction> = {
  template: (input) => text(asText(input.template)),
  upper: (input) => text(textOf(input, "text").toUpperCase()),
  lower: (input) => text(textOf(input, "text").toLowerCase()),
  title: (input) => text(titled(textOf(input, "text"))),
  trim: (input) => text(textOf(input, "text").trim()),
  replace: (input) => {
    const [from, to] = [textOf(input, "search"), textOf(input, "replacement")];
    const source = textOf(input, "text");
    return text(input.all === false ? source.replace(from, () => to) : source.replaceAll(from, () => to));
  },
  truncate: (input) => text(truncated(textOf(input, "text"), numberOf(input, "length"), textOf(input, "ending"))),
  split: (input) => done({ parts: textOf(input, "text").split(textOf(input, "separator")) }),
  join: (input) => text(listOf(input, "items").map(asText).join(textOf(input, "separator"))),
  contains: (input) => done({ result: textOf(input, "text").includes(textOf(input, "search")) }),
  length: (input) => done({ length: [...textOf(input, "text")].length }),
};
