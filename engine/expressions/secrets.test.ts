import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../json.ts";
import { compileTemplate, compileValue } from "./compile.ts";
import { compiledOf, failure, scopeOf } from "./evaluate-for-test.ts";
import { ExpressionError } from "./expression-error.ts";
import { SecretsRoot } from "./secrets-root.ts";
import { containsSecret, revealSecrets, secretNames } from "./secrets.ts";

const scope = scopeOf({
  secrets: { A: { $secret: { name: "A" } }, B: { $secret: { name: "B" } } },
  inputs: { user: "ann" },
});
const real: Record<string, string> = { A: "s3cret", B: "other" };
const marked = (source: Json): Json => compiledOf(compileValue(source)).evaluate(scope);
const revealed = (source: Json): Json => revealSecrets(marked(source), (name) => real[name] ?? "?");

describe("marked secrets", () => {
  it("stay in place where they are used whole, and become trees of the functions around them", () => {
    expect(marked({ a: "{{ secrets.A }}", b: "{{ [secrets.A] }}" })).toEqual({
      a: { $secret: { name: "A" } },
      b: [{ $secret: { name: "A" } }],
    });
    expect(marked("Bearer {{ secrets.A }}")).toEqual({
      $secret: { fn: "concat", args: ["Bearer ", { $secret: { name: "A" } }] },
    });
    expect(marked("{{ secrets.A | base64 }}")).toEqual({
      $secret: { fn: "base64", args: [{ $secret: { name: "A" } }] },
    });
  });

  it.each<[string, Json]>([
    ["Bearer {{ secrets.A }}", "Bearer s3cret"],
    ["{{ 'Basic ' ~ (inputs.user ~ ':' ~ secrets.A) | base64 }}", "Basic YW5uOnMzY3JldA=="],
    ["{{ 'x-' + secrets.A }}", "x-s3cret"],
    ["{{ secrets.A + secrets.B }}", "s3cretother"],
    ["{{ inputs.user | hmac(secrets.A) | upper }}", "FF4C05AFCF4AC5F2F6C7A1E5A4A1B6D0"],
    ["{{ [secrets.A, {b: secrets.B}] | json }}", '["s3cret",{"b":"other"}]'],
    ["{{ [secrets.A, 'b'] | join('-') }}", "s3cret-b"],
    ["{{ [secrets.A, secrets.B] | map('upper') }}", ["S3CRET", "OTHER"]],
    ["{{ [secrets.A] | first }}", "s3cret"],
    ["x{{ [secrets.A] }}y", 'x["s3cret"]y'],
    ["{{ secrets.A | default('none') }}", "s3cret"],
    ["{{ [secrets.A] + [1] }}", ["s3cret", 1]],
    ["{{ true ? secrets.A : secrets.B }}", "s3cret"],
    ["{% set t = secrets.A %}{% for x in [1, 2] %}{{ x }}{{ t }}{% endfor %}", "1s3cret2s3cret"],
  ])("%s reveals what it says", (source, expected) => {
    expect(JSON.stringify(marked(source))).not.toContain("s3cret");
    const value = revealed(source);
    if (source.includes("hmac")) expect(value).toMatch(/^[0-9A-F]{64}$/);
    else expect(value).toEqual(expected);
  });

  it.each([
    "{{ secrets.A == 's3cret' }}",
    "{{ secrets.A != 'x' }}",
    "{{ secrets.A > 'a' }}",
    "{{ 's' in secrets.A }}",
    "{{ secrets.A in ['s3cret'] }}",
    "{{ [secrets.A] == ['s3cret'] }}",
    "{{ 1 if secrets.A else 2 }}",
    "{{ secrets.A and 1 }}",
    "{{ secrets.A or 1 }}",
    "{{ not secrets.A }}",
    "{% if secrets.A %}{% endif %}",
    "{{ secrets.A is defined }}",
    "{{ secrets.A is string }}",
    "{{ inputs[secrets.A] }}",
    "{{ {(secrets.A): 1} }}",
    "{{ secrets.A[0] }}",
    "{{ secrets.A.name }}",
    "{{ secrets.A['$secret'] }}",
    "{% for c in secrets.A %}{% endfor %}",
    "{{ -secrets.A }}",
    "{{ secrets.A * 2 }}",
    "{{ secrets.A + 1 }}",
    "{{ 1 if secrets.A | length > 3 else 2 }}",
    "{{ [1, 2][secrets.A | length] }}",
    "{{ (secrets.A | length) == 6 }}",
  ])("%s is refused", (source) => {
    const error = failure(() => compiledOf(compileTemplate(source)).evaluate(scope));
    expect(error.code).toBe("VALIDATION");
  });

  it("are refused as a condition", () => {
    expect(() => compiledOf(compileTemplate("{{ secrets.A }}")).test(scope)).toThrow(ExpressionError);
  });
});

describe("the root `secrets`", () => {
  const at = { ...scope, root: (name: string) => (name === "secrets" ? new SecretsRoot() : undefined) };

  it("marks every name, and is never read whole", () => {
    expect(compiledOf(compileTemplate("{{ secrets['A-1'] }}")).evaluate(at)).toEqual({ $secret: { name: "A-1" } });
    for (const source of [
      "{{ secrets }}",
      "{{ secrets | json }}",
      "{{ secrets | keys }}",
      "{% for s in secrets %}{% endfor %}",
      "{{ [secrets] }}",
      "x{{ secrets }}",
      "{{ 'A' in secrets }}",
      "{{ secrets == {} }}",
      "{% if secrets %}{% endif %}",
    ]) {
      expect(() => compiledOf(compileTemplate(source)).evaluate(at), source).toThrow(ExpressionError);
    }
  });
});

describe("finding and revealing", () => {
  const value: Json = {
    a: [{ $secret: { fn: "upper", args: [{ $secret: { name: "A" } }] } }],
    b: { $secret: { name: "B" } },
    c: { $secret: { name: "A" } },
    d: 1,
  };

  it("names each secret once", () => {
    expect(secretNames(value)).toEqual(["A", "B"]);
    expect([containsSecret(value), containsSecret({ a: [1, { b: "secret" }] })]).toEqual([true, false]);
  });

  it("reveals a copy, and leaves what has no secret alone", () => {
    expect(revealSecrets(value, (name) => real[name] ?? "?")).toEqual({ a: ["S3CRET"], b: "other", c: "s3cret", d: 1 });
    expect(containsSecret(value)).toBe(true);
    const plain: JsonObject = { a: [1] };
    expect(revealSecrets(plain, () => "?")).toBe(plain);
  });

  it("fails with VALIDATION on what is malformed, and on functions that refuse the real value", () => {
    const malformed: Json[] = [
      { $secret: 1 },
      { $secret: {} },
      { $secret: { fn: "nope", args: [] } },
      { $secret: { fn: "upper" } },
      { $secret: { fn: "abs", args: [{ $secret: { name: "A" } }] } },
    ];
    for (const bad of malformed) {
      expect(() => revealSecrets(bad, () => "x")).toThrow(ExpressionError);
    }
  });
});
