import { expect, test } from "vitest";
import { internedAction } from "./interned-action.ts";
import { callOf, errorOf, invoke, json } from "./testing/world.ts";

const sums = (more: string, schema: string, output = "{type: object}") =>
  callOf(`{style: direct, method: POST, url: 'http://svc:8000/sums'${more}}`, { a: 1, b: 2 }, { schema, output });
const NUMBERS = "{type: object, properties: {a: {type: number}, b: {type: number}}}";

test("copies of one action are one object; an action that differs in anything is another", () => {
  const { action } = sums("", NUMBERS);
  const first = internedAction(structuredClone(action));
  expect(internedAction(structuredClone(action))).toBe(first);
  expect(
    internedAction({ ...structuredClone(action), handler: { ...action.handler, url: "http://svc:8000/x" } }),
  ).not.toBe(first);
});

test("what is remembered of an action is never taken for another of the same name and version", async () => {
  for (let round = 0; round < 2; round += 1) {
    expect((await invoke(structuredClone(sums("", NUMBERS)))).first.body).toBe('{"a":1,"b":2}');
    expect((await invoke(structuredClone(sums(", query: {a: '${input.a}'}", NUMBERS)))).first).toMatchObject({
      url: "http://127.0.0.1:1/sums?a=1",
      body: '{"b":2}',
    });
    const strict = sums("", "{type: object, properties: {a: {type: string}}}");
    expect((await errorOf(structuredClone(strict))).error.code).toBe("VALIDATION");
    const output = sums("", NUMBERS, "{type: object, properties: {body: {type: string}}}");
    const answer = () => json({ sum: 3 });
    expect((await invoke(structuredClone(output), { answer })).result.ok).toBe(false);
    expect((await invoke(structuredClone(sums("", NUMBERS)), { answer })).result.ok).toBe(true);
  }
});

test("a secret that one call's input marks is no need of the next", async () => {
  const handler = "{style: direct, method: POST, url: 'http://svc:8000/sums'}";
  const schema = "{type: object, properties: {key: {x-secret: true}}}";
  const marked = callOf(handler, { key: { $secret: { name: "KEY" } } }, { schema });
  expect((await errorOf(structuredClone(marked))).error.details).toMatchObject({ secret: "KEY" });
  expect((await invoke(structuredClone(callOf(handler, { key: "plain" }, { schema })))).result.ok).toBe(true);
});
