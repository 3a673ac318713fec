import { describe, expect, it } from "vitest";
import { failure, rendered, value } from "../evaluate-for-test.ts";

const people = [
  { name: "Ann", age: 30, team: { id: 1 } },
  { name: "Bob", age: 25, team: { id: 2 } },
  { name: "Cid", age: 30, team: { id: 1 } },
];

describe("text functions", () => {
  it.each<[string, unknown]>([
    ["'aé' | upper", "AÉ"],
    ["'AÉ' | lower", "aé"],
    ['"it\'s A test-case (here)" | title', "It's A Test-Case (Here)"],
    ["'  a b ' | trim", "a b"],
    ["'xxaxx' | trim('x')", "a"],
    ["'a,b,,c' | split(',')", ["a", "b", "", "c"]],
    ["' a  b ' | split", ["a", "b"]],
    ["'a🌤' | split('')", ["a", "🌤"]],
    ["[1, null, true, [2]] | join('-')", "1--true-[2]"],
    ["inputs.people | join(', ', attribute='name')", "Ann, Bob, Cid"],
    ["'a.b.c' | replace('.', '+')", "a+b+c"],
    ["'a.b.c' | replace('.', '', 1)", "ab.c"],
    ["'$&' | replace('&', '$1')", "$$1"],
    ["startsWith('abc', 'ab') and endsWith('abc', 'bc')", true],
    ["[5, null, 1.50, {a: 1}] | map('string')", ["5", "", "1.5", '{"a":1}']],
    ["{a: [1, 'x']} | json", '{"a":[1,"x"]}'],
    ["{a: [1]} | json(2)", '{\n  "a": [\n    1\n  ]\n}'],
    ["'{\"a\": [1.5, null]}' | fromjson", { a: [1.5, null] }],
    ["5 | upper ~ null | upper", "5"],
    ["'aé🌤' | length", 3],
  ])("%s", (source, expected) => {
    expect(value(source, { people })).toEqual(expected);
  });
});

describe("number functions", () => {
  it.each<[string, unknown]>([
    [
      "[2.5 | round, -2.5 | round, 1.005 | round(2), 1234.5 | round(-2), 0.1 + 0.2 | round(1), 1e21 | round(2), -0.4 | round]",
      [3, -3, 1.01, 1200, 0.30000000000000004, 1e21, 0],
    ],
    ["[-3 | abs, 'x' | default('y')]", [3, "x"]],
    [
      "[3.9 | int, -3.9 | int, '42' | int, ' 7.9 ' | int, true | int, 'x' | int(0), null | int(-1)]",
      [3, -3, 42, 7, 1, 0, -1],
    ],
    ["['1.5e2' | float, 3 | float, 'x' | float(default=0)]", [150, 3, 0]],
    [
      "[[1, 2, 3] | sum, [] | sum, inputs.people | sum(attribute='age'), [1] | sum(start=10), null | sum]",
      [6, 0, 85, 11, 0],
    ],
    ["[[1, 2] | avg, [] | avg, inputs.people | avg('age') | round(2)]", [1.5, null, 28.33]],
    [
      "[[3, 1, 2] | min, [3, 1] | max, [] | min, [] | max, ['b', 'a'] | min, inputs.people | max('age')]",
      [1, 3, null, null, "a", 30],
    ],
    ["[range(3), range(1, 4), range(6, 0, -2), range(0), 2 | range(4)]", [[0, 1, 2], [1, 2, 3], [6, 4, 2], [], [2, 3]]],
  ])("%s", (source, expected) => {
    expect(value(source, { people })).toEqual(expected);
  });
});

describe("list functions", () => {
  it.each<[string, unknown]>([
    [
      "[[1, 2] | first, [1, 2] | last, [] | first, [] | last, 'ab' | first, null | first]",
      [1, 2, null, null, "a", null],
    ],
    ["[length([1]), length({a: 1, b: 2}), length(null), length('')]", [1, 2, 0, 0]],
    [
      "[[1, '1'] | contains('1'), {a: 1} | contains('a'), 'abc' | contains('bc'), [1] | contains(true)]",
      [true, true, true, false],
    ],
    [
      "[[1, 2, 3, 4] | slice(1, 3), [1, 2, 3] | slice(-2), 'abcd' | slice(1, -1), [1] | slice(5)]",
      [[2, 3], [2, 3], "bc", []],
    ],
    [
      "[[3, 1, 2] | sort, [3, 1, 2] | sort(reverse=true), ['b', 'B', 'a', 10, 9, null, true] | sort]",
      [
        [1, 2, 3],
        [3, 2, 1],
        [null, true, 9, 10, "B", "a", "b"],
      ],
    ],
    ["inputs.people | sort(attribute='age') | map('name')", ["Bob", "Ann", "Cid"]],
    ["inputs.people | sort(attribute='age', reverse=true) | map('name')", ["Ann", "Cid", "Bob"]],
    ["[1, 1.0, '1', [1], [1], {a: 1, b: 2}, {b: 2, a: 1}] | unique", [1, "1", [1], { a: 1, b: 2 }]],
    ["inputs.people | unique(attribute='team.id') | map('name')", ["Ann", "Bob"]],
    ["[[1, 2] | reverse, 'ab🌤' | reverse]", [[2, 1], "🌤ba"]],
    ["inputs.people | map('name')", ["Ann", "Bob", "Cid"]],
    ["inputs.people | map(attribute='team.id')", [1, 2, 1]],
    ["inputs.people | map(attribute='nope', default=0)", [0, 0, 0]],
    ["['a', 'b'] | map('upper')", ["A", "B"]],
    ["['a.b'] | map('replace', '.', '-')", ["a-b"]],
    ["[{title: 'x'}, {}] | map('title')", ["x", null]],
    ["[{a: 1}, {a: 1, b: 2}] | map('length')", [1, 2]],
    ["inputs.people | filter('age', 30) | map('name')", ["Ann", "Cid"]],
    ["[{a: null}, {a: 1}, {}] | filter('a')", [{ a: 1 }]],
    ["[{a: null}, {a: 1}] | filter('a', null)", [{ a: null }]],
    ["[1, 2, 3, 4] | select('even')", [2, 4]],
    ["[1, 2, 3, 4] | reject('gt', 2)", [1, 2]],
    ["[0, 1, '', 'a'] | select", [1, "a"]],
    ["[1, 2, 3] | select('in', [1, 3])", [1, 3]],
    ["inputs.people | groupby('age') | map('key')", [30, 25]],
    ["(inputs.people | groupby('age')).0.items | map('name')", ["Ann", "Cid"]],
  ])("%s", (source, expected) => {
    expect(value(source, { people })).toEqual(expected);
  });

  it("leave their arguments as they were", () => {
    const inputs = { xs: [3, 1, 2] };
    value("[inputs.xs | sort, inputs.xs | reverse, inputs.xs + [1]]", inputs);
    expect(inputs).toEqual({ xs: [3, 1, 2] });
  });
});

describe("map functions", () => {
  it.each<[string, unknown]>([
    ["[keys({a: 1, b: 2}), values({a: 1, b: 2}), items({a: 1}), null | keys]", [["a", "b"], [1, 2], [["a", 1]], []]],
    ["merge({a: 1, b: 1}, {b: 2}, null, {c: 3})", { a: 1, b: 2, c: 3 }],
    [
      "[null | default('x'), '' | default('x'), '' | default('x', true), 0 | default(1), inputs.nope | default]",
      ["x", "", "x", 0, ""],
    ],
  ])("%s", (source, expected) => {
    expect(value(source)).toEqual(expected);
  });
});

describe("encodings", () => {
  it.each<[string, unknown]>([
    ["['', 'f', 'fo', 'foo', 'é🌤'] | map('base64')", ["", "Zg==", "Zm8=", "Zm9v", "w6nwn4yk"]],
    ["'a b/é&~' | urlencode", "a%20b%2F%C3%A9%26~"],
    ["{q: 'a b', n: 1, xs: [1, 2]} | urlencode", "q=a%20b&n=1&xs=1&xs=2"],
    ["'abc' | sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "'what do ya want for nothing?' | hmac('Jefe')",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    ["hmac('a', 'k', 'sha512') | length", 128],
  ])("%s", (source, expected) => {
    expect(value(source)).toEqual(expected);
  });
});

describe("dates", () => {
  it.each<[string, unknown]>([
    ["date('2026-10-23')", "2026-10-23T00:00:00.000Z"],
    ["date('2026-10-23T10:30:00+02:00')", "2026-10-23T08:30:00.000Z"],
    ["date('2026-10-23T10:30:00-05:30')", "2026-10-23T16:00:00.000Z"],
    ["date('2026-10-23 10:30')", "2026-10-23T10:30:00.000Z"],
    ["date(0)", "1970-01-01T00:00:00.000Z"],
    ["date(now)", "2026-10-23T08:05:09.042Z"],
    [
      "date(now, '%Y/%m/%d %H:%M:%S.%L %y %e %j %a %A %b %B %I %p %u %F %T %s %z %Z %%')",
      "2026/10/23 08:05:09.042 26 23 296 Fri Friday Oct October 08 AM 5 2026-10-23 08:05:09 1792742709 +0000 UTC %",
    ],
    ["date(null)", null],
    ["date('2024-02-29', '%F')", "2024-02-29"],
  ])("%s", (source, expected) => {
    expect(value(source)).toEqual(expected);
  });
});

describe("wrong arguments", () => {
  it.each([
    "[1] | upper",
    "'a' | abs",
    "5 | first",
    "5 | length",
    "'a' | sum",
    "['a'] | sum",
    "[[1], [2]] | sort",
    "[1] | merge({})",
    "'a' | keys",
    "'x' | int",
    "'1x' | float",
    "'9e999' | float",
    "1.5 | range",
    "range(1, 2, 0)",
    "'a' | replace('', 'b')",
    "'nope' | fromjson",
    "date('2026-02-30')",
    "date('tomorrow')",
    "date(now, '%Q')",
    "date(1e300)",
    "hmac('a', 'b', 'md5')",
    "[1] | map('replace')",
    "[1] | select(inputs.t)",
    "1 | round(1.5)",
    "[{}] | map(attribute=[1])",
    "[1] | sort(reverse=1)",
  ])("%s fails", (source) => {
    expect(failure(() => value(source, { t: "nope" })).code).toBe("VALIDATION");
  });
});

describe("calls", () => {
  it("are filters and functions alike, with arguments by place or by name", () => {
    expect(
      rendered("{{ [round(2.567, 1), 2.567 | round(1), 2.567 | round(digits=1), round(value=2.567, precision=1)] }}"),
    ).toEqual([2.6, 2.6, 2.6, 2.6]);
  });
});
