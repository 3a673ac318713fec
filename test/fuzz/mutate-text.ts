import type { RandomSource } from "../../engine/expressions/random-source.ts";

/** Pieces that readers of YAML, JSON and templates stumble over. */
const PIECES: readonly [string, ...string[]] = [
  "{{",
  "}}",
  "{%",
  "%}",
  "{#",
  "#}",
  "{% for x in ",
  "{% endfor %}",
  "{{ steps.",
  " | ",
  "**",
  "&& ",
  "? ",
  ": ",
  "&a ",
  "*a",
  "!!str ",
  "<<: *a",
  "---\n",
  "...\n",
  "- ",
  "\n  ",
  "\n",
  "\t",
  "\r",
  "\r\n",
  "\u2028",
  "|\n",
  ">-\n",
  "#",
  "'",
  '"',
  "\\",
  "\\u0000",
  "[",
  "]",
  "{",
  "}",
  ",",
  "%YAML 1.1\n",
  "@",
  "`",
  "\u0000",
  "\u0007",
  "\ufeff",
  "\ud800",
  "é",
  "🌤",
  "\u0301",
  "null",
  "~",
  "true",
  "0x1f",
  "1e999",
  "-0",
  ".inf",
  ".nan",
  "0777",
  "1_000",
  "2026-01-01",
  "__proto__: 1\n",
  "$secret: 1\n",
  "constructor: 1\n",
  "x-a: 1\n",
  "9".repeat(400),
  "a".repeat(300),
  "[".repeat(70),
  "{{".repeat(70),
];

/** A text with a few places changed: characters and spans lost, doubled, moved, replaced; pieces put in; a part of another text. */
export function mutateText(text: string, other: string, random: RandomSource): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count -= 1) changed = changeOnce(changed, other, random);
  return changed.slice(0, 300_000);
}

function changeOnce(text: string, other: string, random: RandomSource): string {
  const at = random.below(text.length + 1);
  const span = text.slice(at, at + random.below(random.chance(80) ? 12 : 400));
  const rest = text.slice(at + span.length);
  const before = text.slice(0, at);
  const start = random.below(other.length + 1);
  return random.pick<() => string>([
    () => before + rest,
    () => before + span + span + rest,
    () => before + random.pick(PIECES) + span + rest,
    () => before + random.pick(PIECES) + rest,
    () => before + flipped(span, random) + rest,
    () => before + span.repeat(1 + random.below(60)) + rest,
    () => before + other.slice(start, start + random.below(200)) + rest,
    () => before,
    () => rest + before + span,
    () => before + span.toUpperCase() + rest,
    () => text.replaceAll(span.slice(0, 3) || " ", random.pick(PIECES)),
  ])();
}

function flipped(span: string, random: RandomSource): string {
  return [...span].map((character) => String.fromCharCode(character.charCodeAt(0) ^ (1 << random.below(8)))).join("");
}
