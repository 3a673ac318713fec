import { describe, expect, it } from "vitest";
import { type JsonObject, member } from "../json.ts";
import { compileCondition, compileExpression, compileTemplate, compileValue } from "./compile.ts";
import { compiledOf, failure, holds, problemsOf, rendered, scopeOf, value } from "./evaluate-for-test.ts";
import { LazyMap, type Scope, type Value } from "./types.ts";

describe("unknown names", () => {
  it.each<[string, string[]]>([
    ["{{ input.a + inptus.b }}", ["13: `inptus` is not known here (inputs)"]],
    ["{{ inputs.a | uper }}", ["14: `uper` is not a filter (upper)"]],
    ["{{ lenght(inputs.a) }}", ["3: `lenght` is not a function (length)"]],
    ["{{ inputs.a is evne }}", ["15: `evne` is not a test (even)"]],
    ["{{ inputs.xs | select('od') }}", ["15: `od` is not a test (odd)"]],
    ["{{ length }}", ["3: `length` is a function: write `length(…)` or `… | length`"]],
    [
      "{{ steps.fetch-weather.output }}",
      ["15: `weather` is not known here; a name with a hyphen is read as `['a-name']`"],
    ],
    ["{% esle %}", ["3: `{% esle %}` is not a block of this language (else)"]],
  ])("%s", (source, problems) => {
    expect(problemsOf(compileTemplate(source))).toEqual(problems);
  });

  it("come all at once, with those of the syntax", () => {
    expect(problemsOf(compileTemplate("{{ foo }} {{ 1 + }} {% if bar %}{{ x( }}{% endif %}"))).toHaveLength(4);
    expect(
      problemsOf(compileTemplate("{{ foo }} {{ 1 + }} {{ bar }}")).map((problem) => problem.split(":")[0]),
    ).toEqual(["3", "17", "23"]);
  });

  it("may be added by a place", () => {
    expect(compileExpression("response.status", { locals: ["response"] }).ok).toBe(true);
  });
});

describe("problems of the syntax", () => {
  it.each([
    "{{",
    "{{ }}",
    "{{ 1",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ 'a }}",
    "{% if %}x{% endif %}",
    "{% if 1 %}",
    "{% endif %}",
    "{% for in x %}{% endfor %}",
    "{% for x in [1] %}{% endif %}",
    "{% else %}",
    "{% set = 1 %}",
    "{% set x %}",
    "{# never",
    "{% raw %}",
    "{{ 007 }}",
    "{{ 1e999 }}",
    "{{ a b }}",
    "{{ inputs.a.b(1) }}",
    "{{ upper() }}",
    "{{ upper('a', 'b') }}",
    "{{ 'a' | upper(value='b') }}",
    "{{ round(1, places=2) }}",
    "{{ {__proto__: 1} }}",
    "{{ {'$secret': 1} }}",
    "{{ 1 ? 2 }}",
    "{% macro x() %}",
    "{% if 1 %}{% else %}{% elif 2 %}{% endif %}",
    "{{ inputs.a | }}",
    "{{ not }}",
    "{{ @ }}",
    "{{ now(1) }}",
  ])("%s is refused", (source) => {
    const result = compileTemplate(source);
    expect(result.ok).toBe(false);
    if (!result.ok) for (const { offset } of result.problems) expect(offset).toBeLessThanOrEqual(source.length);
  });
});

describe("references", () => {
  it("are the static paths that an expression reads", () => {
    const { references, constant } = compiledOf(
      compileTemplate(
        "{{ steps.a.output.b }}{% for x in steps['c-d'].output[0].e %}{{ x.y }}{{ steps[x].z }}{% endfor %}",
      ),
    );
    expect(references).toEqual([
      { root: "steps", path: ["a", "output", "b"], offset: 3 },
      { root: "steps", path: ["c-d", "output", "0", "e"], offset: 34 },
      { root: "steps", path: [], offset: 73 },
    ]);
    expect(constant).toBe(false);
  });

  it("are none in a constant, which reads nothing recorded either", () => {
    expect(
      ["a", "{{ 1 + 2 }}", "{% set x = 1 %}{{ x }}", "{{ 'a' | upper }}"].map(
        (source) => compiledOf(compileTemplate(source)).constant,
      ),
    ).toEqual([true, true, true, true]);
    expect(
      ["{{ now }}", "{{ now() }}", "{{ today }}", "{{ uuid() }}", "{{ inputs }}"].map(
        (source) => compiledOf(compileTemplate(source)).constant,
      ),
    ).toEqual([false, false, false, false, false]);
  });

  it("have their pointer in a tree", () => {
    const result = compileValue({ a: ["x", "{{ inputs.b }}"], "c/d": "{{ nope }}" });
    expect(result).toEqual({
      ok: false,
      problems: [{ offset: 3, length: 4, message: "`nope` is not known here", pointer: "/c~1d" }],
    });
    expect(compiledOf(compileValue({ a: ["x", "{{ inputs.b }}"] })).references).toEqual([
      { root: "inputs", path: ["b"], offset: 3, pointer: "/a/1" },
    ]);
  });
});

describe("members", () => {
  it("are null where they are missing, and nothing fails on null", () => {
    expect(
      value(
        "[inputs.a.b.c, inputs['x'], inputs.xs[5], inputs.xs[-1], inputs.xs[-4], inputs.xs.0, inputs.t[1], trigger.payload]",
        { xs: [1, 2, 3], t: "aé" },
      ),
    ).toEqual([null, null, null, 3, null, 1, "é", null]);
  });

  it("are named by a strict workflow's error", () => {
    const error = failure(() => value("inputs.a.b", { a: {} }, true));
    expect([error.message, error.details]).toEqual(["inputs.a.b is missing", { member: "inputs.a.b" }]);
    expect(failure(() => value("inputs.xs[3]", { xs: [] }, true)).details).toEqual({ member: "inputs.xs[3]" });
    expect(failure(() => value("inputs.xs | map('a')", { xs: [{}] }, true)).code).toBe("VALIDATION");
  });

  it("may be looked for by default and is defined, even under strict", () => {
    expect(
      value(
        "[inputs.a.b | default('x'), default(inputs.c, 1), inputs.a.b is defined, inputs.a is undefined, inputs.n is defined]",
        { n: null },
        true,
      ),
    ).toEqual(["x", 1, false, true, true]);
    expect(value("inputs.a | default(2) + 1", {}, true)).toBe(3);
  });

  it("are own members only", () => {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", "length", "prototype"]) {
      expect(
        value(`[inputs['${name}'], inputs.xs.${name}, inputs.t.${name}, inputs.n.${name}, inputs[inputs.k]]`, {
          xs: [],
          t: "a",
          n: 1,
          k: name,
        }),
      ).toEqual([null, null, null, null, null]);
      expect(holds(`'${name}' in inputs`, {})).toBe(false);
    }
    expect(value("inputs.constructor.name", { constructor: { name: "data" } })).toBe("data");
    expect(value("{constructor: 1, toString: 2}")).toEqual({ constructor: 1, toString: 2 });
    expect(failure(() => value("{(inputs.k): 1}", { k: "__proto__" })).code).toBe("VALIDATION");
    expect(failure(() => value("{(inputs.k): 1}", { k: "$secret" })).code).toBe("VALIDATION");
    expect(failure(() => value("fromjson(inputs.t)", { t: '{"$secret": {"name": "A"}}' })).code).toBe("VALIDATION");
    expect(failure(() => value(`fromjson('{"__proto__": {"polluted": 1}}')`)).code).toBe("VALIDATION");
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

class Steps extends LazyMap {
  readonly read: string[] = [];
  get(name: string): Value | LazyMap | undefined {
    this.read.push(name);
    if (name === "bad") return new ErrorMap();
    return name === "a" ? { output: { n: 1 } } : undefined;
  }
  json(): Value {
    this.read.push("*");
    return { a: { output: { n: 1 } } };
  }
}

class StepError extends LazyMap {
  get(name: string): Value | undefined {
    return member(this.json(), name);
  }
  json(): JsonObject {
    return { message: "it broke", code: "TIMEOUT", details: null };
  }
  override text(): string {
    return "it broke";
  }
}

class ErrorMap extends LazyMap {
  get(name: string): Value | LazyMap | undefined {
    return name === "error" ? new StepError() : undefined;
  }
  json(): Value {
    return {};
  }
}

describe("lazy maps", () => {
  const at = (steps: Steps): Scope => ({ ...scopeOf({}), root: (name) => (name === "steps" ? steps : undefined) });

  it("are asked for the member that is read, and for the whole only where it is used whole", () => {
    const steps = new Steps();
    expect(compiledOf(compileTemplate("{{ steps.a.output.n }}")).evaluate(at(steps))).toBe(1);
    expect(steps.read).toEqual(["a"]);
    expect(compiledOf(compileTemplate("{{ steps }}")).evaluate(at(steps))).toEqual({ a: { output: { n: 1 } } });
    expect(compiledOf(compileTemplate("{{ steps | keys }}-{{ [steps] }}")).evaluate(at(steps))).toBe(
      '["a"]-[{"a":{"output":{"n":1}}}]',
    );
    expect(steps.read).toEqual(["a", "*", "*", "*"]);
  });

  it("print a step's error as its message, and give it whole otherwise", () => {
    const evaluate = (source: string): unknown => compiledOf(compileTemplate(source)).evaluate(at(new Steps()));
    expect(evaluate("E: {{ steps.a.error or steps.bad.error }}")).toBe("E: it broke");
    expect(evaluate("{{ 'E: ' ~ steps.bad.error }}")).toBe("E: it broke");
    expect(evaluate("{{ steps.bad.error }}")).toEqual({ message: "it broke", code: "TIMEOUT", details: null });
    expect(evaluate("{{ steps.bad.error.code }}!")).toBe("TIMEOUT!");
  });
});

describe("conditions", () => {
  it("take a template, a bare expression or a literal", () => {
    expect([
      holds("{{ inputs.n > 1 }}", { n: 2 }),
      holds("inputs.n > 1", { n: 2 }),
      holds(true),
      holds(false),
      holds(0),
      holds(null),
    ]).toEqual([true, true, true, false, false, false]);
    expect(compiledOf(compileCondition(["a", "{{ inputs.n }}"])).evaluate(scopeOf({ inputs: { n: 2 } }))).toEqual([
      "a",
      2,
    ]);
    expect(problemsOf(compileCondition(""))).toHaveLength(1);
    expect(problemsOf(compileCondition("a b"))).toHaveLength(1);
  });

  it("compile trees whose texts are templates and whose keys are not", () => {
    const tree = {
      "{{ a }}": ["{{ inputs.n }}", "n={{ inputs.n }}", 1, null, { deep: "{{ inputs.n + 1 }}" }],
      plain: "text",
    };
    expect(compiledOf(compileValue(tree)).evaluate(scopeOf({ inputs: { n: 2 } }))).toEqual({
      "{{ a }}": [2, "n=2", 1, null, { deep: 3 }],
      plain: "text",
    });
    expect(compiledOf(compileValue({ a: [1, "x"] })).constant).toBe(true);
    expect(problemsOf(compileValue({ a: { $secret: { name: "X" } } }))).toHaveLength(1);
  });
});

describe("recorded values", () => {
  it("cannot be had unseen by way of map", () => {
    expect(value("[{}] | map('uuid')")).toEqual([null]);
  });

  it("come from the scope: now, today, and ids that repeat", () => {
    expect(rendered("{{ now }} {{ now() }} {{ today }}")).toBe(
      "2026-10-23T08:05:09.042Z 2026-10-23T08:05:09.042Z 2026-10-23",
    );
    const ids = rendered("{{ [uuid(), uuid()] }}");
    expect(ids).toEqual(rendered("{{ [uuid(), uuid()] }}"));
    expect(new Set(Array.isArray(ids) ? ids : []).size).toBe(2);
    for (const id of Array.isArray(ids) ? ids : [])
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(compiledOf(compileExpression("uuid()")).evaluate({ ...scopeOf({}), seed: "other" })).not.toEqual(
      Array.isArray(ids) ? ids[0] : undefined,
    );
  });
});
