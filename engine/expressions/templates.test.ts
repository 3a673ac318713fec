import { describe, expect, it } from "vitest";
import { compileTemplate } from "./compile.ts";
import { failure, problemsOf, rendered, scopeOf, compiledOf } from "./evaluate-for-test.ts";

describe("interpolation", () => {
  it("keeps the type of exactly one expression, and makes text of anything more", () => {
    expect(rendered("{{ inputs.n }}", { n: 5 })).toBe(5);
    expect(rendered("{{inputs.n}}", { n: { a: [1] } })).toEqual({ a: [1] });
    expect(rendered(" {{ inputs.n }}", { n: 5 })).toBe(" 5");
    expect(rendered("{{ inputs.n }}\n", { n: 5 })).toBe("5\n");
    expect(rendered("{{ 1 }}{{ 2 }}")).toBe("12");
    expect(rendered("{{ inputs.missing }}")).toBe(null);
    expect(rendered("{# c #}{{ 1 }}")).toBe("1");
  });

  it("prints null as nothing, booleans, numbers, lists and maps as JSON", () => {
    const inputs = {
      no: null,
      yes: true,
      whole: 5.0,
      part: 0.1,
      large: 1e21,
      list: [1, "a", null],
      map: { a: { b: false } },
    };
    expect(
      rendered(
        "<{{ inputs.no }}|{{ inputs.yes }}|{{ inputs.whole }}|{{ inputs.part }}|{{ inputs.large }}|{{ inputs.list }}|{{ inputs.map }}>",
        inputs,
      ),
    ).toBe('<|true|5|0.1|1e+21|[1,"a",null]|{"a":{"b":false}}>');
  });

  it("never evaluates data again", () => {
    expect(rendered("{{ inputs.x }}", { x: "{{ 1 + 1 }}" })).toBe("{{ 1 + 1 }}");
    expect(rendered("-{{ inputs.x }}-", { x: "{% raw %}{{ secrets.A }}" })).toBe("-{% raw %}{{ secrets.A }}-");
    expect(rendered("{% for x in inputs.x %}{{ x }}{% endfor %}", { x: ["{{ 7 }}"] })).toBe("{{ 7 }}");
  });

  it("leaves single braces, closers and dollars alone", () => {
    expect(rendered('{"a": {"b": 1}} ${x} }} %} #}')).toBe('{"a": {"b": 1}} ${x} }} %} #}');
    expect(rendered("{{ {'a': {'b': 1}}.a.b }}")).toBe(1);
    expect(rendered("{{ '}}' }} {{ {a: {b: '%}'}} }}")).toBe('}} {"a":{"b":"%}"}}');
  });

  it("reads the escapes of JSON in either quote", () => {
    expect(rendered(`{{ 'it\\'s "x"\\n\\t\\u00e9\\\\\\/' ~ "\\"'\\'" }}`)).toBe(`it's "x"\n\té\\/"''`);
    expect(problemsOf(compileTemplate("{{ '\\x' }}"))).toEqual([
      "4: `\\x` is not an escape; write `\\\\` for a backslash",
    ]);
  });
});

describe("blocks", () => {
  it("loops over lists with loop, over maps by key or pair, and has an else", () => {
    expect(
      rendered(
        "{% for x in [10, 20] %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}:{{ x }};{% endfor %}",
      ),
    ).toBe("10truefalse2:10;21falsetrue2:20;");
    expect(rendered("{% for k, v in {a: 1, b: 2} %}{{ k }}={{ v }},{% endfor %}")).toBe("a=1,b=2,");
    expect(rendered("{% for k in {a: 1, b: 2} %}{{ k }}{% endfor %}")).toBe("ab");
    expect(rendered("{% for k, v in {a: 1} | items %}{{ k }}{{ v }}{% endfor %}")).toBe("a1");
    expect(rendered("{% for x in [] %}{{ x }}{% else %}none{% endfor %}")).toBe("none");
    expect(rendered("{% for x in inputs.missing %}{{ x }}{% else %}none{% endfor %}")).toBe("none");
    expect(rendered("{% for c in 'aé🌤' %}[{{ c }}]{% endfor %}")).toBe("[a][é][🌤]");
    expect(failure(() => rendered("{% for x in 5 %}{% endfor %}")).code).toBe("VALIDATION");
    expect(failure(() => rendered("{% for a, b in [[1]] %}{% endfor %}")).code).toBe("VALIDATION");
  });

  it("shows the loop of the innermost for", () => {
    expect(
      rendered("{% for a in [1, 2] %}{% for b in [1] %}{{ loop.length }}{% endfor %}{{ loop.length }}{% endfor %}"),
    ).toBe("1212");
    expect(problemsOf(compileTemplate("{{ loop.index }}"))).toHaveLength(1);
  });

  it("chooses by if, elif and else", () => {
    const source = "{% if inputs.n > 2 %}many{% elif inputs.n > 1 %}two{% elif inputs.n %}one{% else %}no{% endif %}";
    expect([3, 2, 1, 0].map((n) => rendered(source, { n }))).toEqual(["many", "two", "one", "no"]);
  });

  it("scopes set as Jinja does: a loop's own, an if's not", () => {
    expect(rendered("{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 9 %}{{ x }}{% endfor %}{{ x }}")).toBe(
      "19191",
    );
    expect(rendered("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}")).toBe("2");
    expect(
      rendered(
        "{% set x = 1 %}{% for i in [1, 2] %}{% if i == 2 %}{% set x = 5 %}{% endif %}{{ x }}{% endfor %}{{ x }}",
      ),
    ).toBe("151");
    expect(rendered("{% set x = [1] %}{{ x | first }}{% set x = x + [2] %}{{ x }}")).toBe("1[1,2]");
    expect(rendered("{% for item in [1] %}{{ item }}{% endfor %}")).toBe("1");
    expect(problemsOf(compileTemplate("{% for i in [1] %}{% set y = 1 %}{% endfor %}{{ y }}"))).toEqual([
      "48: `y` is not known here",
    ]);
  });

  it("forgets a loop's variables between iterations", () => {
    expect(
      rendered(
        "{% for i in [1, 2] %}{% if i == 1 %}{% set y = 1 %}{% endif %}{{ 'y' if y is defined else 'n' }}{% endfor %}",
      ),
    ).toBe("yn");
  });

  it("keeps raw text as it is", () => {
    expect(rendered("{% raw %}{{ a }}{% b %}{# c #}{% endraw %}!")).toBe("{{ a }}{% b %}{# c #}!");
    expect(rendered("a {%- raw -%} {{ x }} {%- endraw -%} b")).toBe("a{{ x }}b");
  });
});

describe("line breaks and blanks", () => {
  it("drops the one line break after a block tag that has its line to itself", () => {
    expect(rendered("a\n{% for x in [1, 2] %}\n- {{ x }}\n{% endfor %}\nb\n")).toBe("a\n- 1\n- 2\nb\n");
    expect(rendered("a\n  {% if true %}\nx\n  {% endif %}\nb")).toBe("a\n  x\n  b");
    expect(rendered("{% if true %}\r\nx{% endif %}")).toBe("x");
    expect(rendered("{% if true %}\n\nx{% endif %}")).toBe("\nx");
    expect(rendered("{% set x = 1 %}\n{{ x }}")).toBe("1");
    expect(rendered("{% raw %}\n{{\n{% endraw %}\n.")).toBe("{{\n.");
  });

  it("keeps it after a tag that shares its line, after blanks, and after an output or a comment", () => {
    expect(rendered("a{% if true %}\nx{% endif %}\nb")).toBe("a\nx\nb");
    expect(rendered("{% if true %}{% if true %}\nx{% endif %}{% endif %}")).toBe("\nx");
    expect(rendered("{% if true %} \nx{% endif %}")).toBe(" \nx");
    expect(rendered("{{ 1 }}\n{# c #}\nx")).toBe("1\n\nx");
  });

  it("trims all blanks at a hyphen", () => {
    expect(rendered("a \n {{- 1 -}} \n b")).toBe("a1b");
    expect(rendered("a \n {%- if true -%} \n x \n {%- endif -%} \n b")).toBe("axb");
    expect(rendered("a {#- c -#} b")).toBe("ab");
    expect(rendered("a {# c #} b")).toBe("a  b");
    expect(rendered("{{ 3 -}}")).toBe(3);
    expect(rendered("{{ 3 -1 }}")).toBe(2);
  });
});

describe("the public report example", () => {
  it("comes out as written", () => {
    const source =
      "🌤️ Daily\n\n{% for w in steps.fetch.output %}\n📍 {{ w.location }}\n   Temperature: {{ w.temperature }}°C\n\n{% endfor %}\n\n📊 Average: {{ steps.stats.output.average | round(1) }}°C\n";
    const steps = {
      fetch: {
        output: [
          { location: "Oslo", temperature: 3 },
          { location: "Rome", temperature: 21.5 },
        ],
      },
      stats: { output: { average: 12.25 } },
    };
    expect(compiledOf(compileTemplate(source)).evaluate(scopeOf({ steps }))).toBe(
      "🌤️ Daily\n\n📍 Oslo\n   Temperature: 3°C\n\n📍 Rome\n   Temperature: 21.5°C\n\n\n📊 Average: 12.3°C\n",
    );
  });
});
