import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../engine/json.ts";
import { csv } from "./csv.ts";

async function run(action: string, input: JsonObject): Promise<JsonObject> {
  const outcome = await csv[action]?.(input);
  if (outcome === undefined) throw new Error(`no ${action}`);
  return outcome.ok ? (outcome.output as JsonObject) : { refused: outcome.error.message };
}
const write = (rows: JsonObject[], more: JsonObject = {}) =>
  run("format", { rows, delimiter: ",", newline: "\n", ...more });

describe("reading", () => {
  test("quotes, line breaks in fields, a byte order mark", async () => {
    const { rows } = await run("parse", { text: '\uFEFFa,b\r\n"x\ny","say ""hi"""\r\n' });
    expect(rows).toEqual([{ a: "x\ny", b: 'say "hi"' }]);
  });

  test("types only where they are asked for, and never at the cost of digits", async () => {
    const text = "a,b,c,d,e\n007,1e3,TRUE,,9007199254740993\n";
    expect((await run("parse", { text })).rows).toEqual([
      { a: "007", b: "1e3", c: "TRUE", d: "", e: "9007199254740993" },
    ]);
    expect((await run("parse", { text, typed: true })).rows).toEqual([
      { a: "007", b: 1000, c: true, d: null, e: "9007199254740993" },
    ]);
  });

  test("a row that does not fit, an open quote and a column named __proto__ are refused", async () => {
    expect(await run("parse", { text: "a,b\n1,2\n3\n" })).toMatchObject({
      refused: expect.stringContaining("Row 3 has 1 fields"),
    });
    expect((await run("parse", { text: "a,b\n1,2\n3\n", ragged: true })).rows).toEqual([
      { a: "1", b: "2" },
      { a: "3", b: "" },
    ]);
    expect(await run("parse", { text: 'a,b\n"1,2\n' })).toMatchObject({ refused: expect.any(String) });
    expect(await run("parse", { text: "__proto__,b\n1,2\n" })).toMatchObject({ refused: expect.any(String) });
  });

  test("columns of one name keep their fields", async () => {
    expect((await run("parse", { text: "a,a,a_2,\n1,2,3,4\n" })).rows).toEqual([
      { a: "1", a_2_: "2", a_2: "3", column_4: "4" },
    ]);
  });
});

describe("writing", () => {
  test("what was written is read again", async () => {
    const rows = [
      { a: 'q"', b: "x,y" },
      { a: "line\nbreak", b: "" },
    ];
    const { text } = await write(rows);
    expect((await run("parse", { text: text ?? "" })).rows).toEqual(rows);
  });

  test("formulas are defused where it is asked for", async () => {
    expect((await write([{ a: "=1+1" }], { escape_formulas: true })).text).toBe('a\n"\'=1+1"');
    expect((await write([{ a: "=1+1" }])).text).toBe("a\n=1+1");
  });

  test("maps and lists are not mixed", async () => {
    expect(await run("format", { rows: [{ a: 1 }, [1]], delimiter: ",", newline: "\n" })).toMatchObject({
      refused: expect.any(String),
    });
  });
});
