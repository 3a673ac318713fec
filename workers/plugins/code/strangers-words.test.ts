import { describe, expect, test } from "vitest";
import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { StepReport } from "../../../contracts/rpc.ts";
import { CallRecord } from "./call-record.ts";
import { readAnswer } from "./read-answer.ts";
import { readRequest } from "./read-request.ts";

/* Whatever comes out of an isolate is a stranger's: it is bounded, and it changes nothing of the objects that read it (threat T9). */

const POISON = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":1}';
const unpolluted = () => expect(Reflect.get({}, "polluted")).toBeUndefined();
const answer = (text: string) => readAnswer({ kind: "answer", text }, "act", false);

function recorded() {
  const said: StepReport[] = [];
  const record = new CallRecord(async (report) => void said.push(report));
  return { said, record };
}

describe("members that would be prototypes", () => {
  test("of an output, an error's details, and a log line's fields stay data or go, and pollute nothing", () => {
    for (const text of [
      `{"ok":true,"output":${POISON}}`,
      `{"ok":false,"kind":"thrown","message":"m","details":${POISON}}`,
      POISON,
      `[${POISON}]`,
    ]) {
      const read = answer(text);
      unpolluted();
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    }
    const { said, record } = recorded();
    record.log("info", "m", POISON);
    unpolluted();
    expect(said).toHaveLength(1);
  });

  test("name no kind of fault, level or code that is inherited", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(answer(`{"ok":false,"kind":"${name}","message":"m"}`)).toMatchObject({ error: { code: "BACKEND_ERROR" } });
      const thrown = answer(`{"ok":false,"kind":"thrown","message":"m","code":"${name}"}`);
      expect(thrown).toMatchObject({ error: { code: "BACKEND_ERROR" } });
      const { said, record } = recorded();
      record.log(name, "m", undefined);
      expect(said).toMatchObject([{ level: "info" }]);
    }
  });
});

describe("what a call says is bounded", () => {
  test("a flood of lines ends with one that says so; long ones are cut, and fields that are too many go", () => {
    const { said, record } = recorded();
    for (let line = 0; line < 3_000; line += 1)
      record.log("info", "x".repeat(10_000), JSON.stringify("y".repeat(20_000)));
    expect(said).toHaveLength(CODE_LIMITS.logLines + 1);
    expect(said.at(-1)).toMatchObject({ level: "warn", message: expect.stringContaining("left out") });
    expect(JSON.stringify(said[0]).length).toBeLessThan(CODE_LIMITS.logLineChars + 100);
  });

  test("so is its progress, which is a number between 0 and 100 or none", () => {
    const { said, record } = recorded();
    for (const percent of [-5, 50, 1e9, Number.NaN, "70", {}]) record.progress(percent, { not: "text" });
    expect(said.map((it) => ("percent" in it ? it.percent : "none"))).toEqual([0, 50, 100, "none", "none", "none"]);
    for (let report = 0; report < 3_000; report += 1) record.progress(1, "m");
    expect(said).toHaveLength(CODE_LIMITS.progressReports);
  });

  test("and nothing is said any more when the call is over", async () => {
    const { said, record } = recorded();
    await record.settle();
    record.log("info", "late", undefined);
    record.progress(1, "late");
    expect(said).toEqual([]);
  });
});

describe("a request as it comes out", () => {
  const good = { url: "https://a.test/", method: "post", headers: [["a", "b"]], body: null };

  test.each([
    ["nothing", null],
    ["a number", 7],
    ["a URL that is none", { ...good, url: 7 }],
    ["a URL without end", { ...good, url: `https://a.test/${"x".repeat(20_000)}` }],
    ["a method that is none", { ...good, method: {} }],
    ["headers that are a map", { ...good, headers: { a: "b" } }],
    ["a header of three", { ...good, headers: [["a", 1]] }],
    ["headers without end", { ...good, headers: [["a", "x".repeat(70_000)]] }],
    ["a body of text", { ...good, body: "text" }],
    ["a body beyond the limit", { ...good, body: new Uint8Array(CODE_LIMITS.requestBytes + 1) }],
  ])("is refused when it is %s", (_, written) => {
    expect(typeof readRequest(written)).toBe("string");
  });

  test("keeps what is meant and nothing else", () => {
    expect(readRequest({ ...good, credentials: "include", __proto__: { polluted: 1 } })).toEqual({
      ...good,
      method: "POST",
    });
    unpolluted();
  });
});

test("an output's bytes are counted, not its characters", () => {
  const text = (chars: number) => `{"ok":true,"output":"${"ü".repeat(chars)}"}`;
  expect(answer(text(500_000))).toMatchObject({ ok: true });
  expect(answer(text(600_000))).toMatchObject({ ok: false, error: { code: "PAYLOAD_TOO_LARGE" } });
});
