import nunjucks from "nunjucks";
import { expect, it } from "vitest";
import type { JsonObject } from "../json.ts";
import { compileTemplate } from "./compile.ts";
import { compiledOf, scopeOf } from "./evaluate-for-test.ts";
import { RandomSource } from "./random-source.ts";
import { type Names, RandomTemplate } from "./random-template.ts";

/* What is left out of the shared subset, and why, stands in docs/design/expressions-differential.md. */

const NAMES: Names = {
  number: ["inputs.n", "inputs.f", "inputs.person.n", "item"],
  text: ["inputs.t", "inputs.u", "inputs.person.name", "inputs['t']"],
  flag: ["inputs.yes", "inputs.no", "inputs.person.ok"],
  numbers: ["inputs.ns", "inputs.person.ns"],
  texts: ["inputs.ts", "inputs.person.ts"],
  records: ["inputs.people"],
};

function data(random: RandomSource): JsonObject {
  const text = (): string =>
    random.pick(["alpha", "Beta", "", " padded ", "a-b c", "ärger", "🌤️ day", "<b>&", "{{ n }}"]);
  const number = (): number => random.pick([0, 1, 2, 7, 42, -3, 2.5, -0.75]);
  const person = (): JsonObject => ({
    n: number(),
    name: text(),
    ok: random.chance(50),
    ns: [number(), 3, 1],
    ts: [text(), "zz"],
  });
  const inputs = {
    n: number(),
    f: 0.5,
    t: text(),
    u: text(),
    yes: true,
    no: false,
    nil: null,
    ns: [number(), number(), number()],
    ts: [text(), text()],
    people: random.times(3, person),
    person: person(),
    map: { one: 1, two: number() },
  };
  return { inputs, item: number() };
}

it("3,000 made-up templates come out as an independent Jinja renders them", () => {
  const other = new nunjucks.Environment(null, { autoescape: false });
  const random = new RandomSource(42);
  const templates = new RandomTemplate(random, NAMES);
  let written = 0;
  for (let i = 0; i < 3_000; i += 1) {
    const source = `${templates.template()}.`;
    const roots = data(random);
    const expected = other.renderString(source, roots);
    expect(
      compiledOf(compileTemplate(source)).evaluate(scopeOf(roots)),
      `${source}\nover ${JSON.stringify(roots)}`,
    ).toBe(expected);
    written += expected.length;
  }
  expect(written / 3_000).toBeGreaterThan(20);
}, 60_000);
