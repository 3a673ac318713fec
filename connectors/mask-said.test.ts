import { expect, test } from "vitest";
import { finishAction } from "./finish.ts";
import { invokeAction } from "./invoke.ts";
import { maskSaid } from "./mask-said.ts";
import { callOf, depsOf, identity, json, service, type World } from "./testing/world.ts";

const schema = "{type: object, properties: {key: {type: string, x-secret: true}}, required: [key]}";
const call = callOf(service, { key: { $secret: { name: "KEY" } } }, { schema, auth: "{type: BEARER}" });
const connection = { id: "con_1", type: "BEARER", config: {}, values: { token: "tok-99887766" } };
const said = "reading with sk-1234567890, as tok-99887766";
const mask = (world: World) => maskSaid(call, said, depsOf(world, []));

test("what a service says of its task holds neither the secrets of its input nor the connection's credential", async () => {
  expect(await mask({ secrets: { KEY: "sk-1234567890" }, connection })).toBe("reading with ***, as ***");
});

test("it is not shown where a secret or a connection of the call is gone, or cannot be looked up", async () => {
  expect(await mask({ connection })).toBeNull();
  expect(await mask({ secrets: { KEY: "sk-1234567890" } })).toBeNull();
  const failing = { ...depsOf({ connection }, []), secrets: () => Promise.reject(new Error("down")) };
  expect(await maskSaid(call, said, failing)).toBeNull();
});

test("a result is asked for again where what the service was given is gone: nobody could mask it", async () => {
  const envelope = { status: "success", data: said };
  for (const world of [{ connection }, { secrets: { KEY: "sk-1234567890" } }])
    expect(await finishAction(call, envelope, depsOf(world, []))).toMatchObject({
      ok: false,
      error: { code: "UNAVAILABLE", details: { reason: "lookup" } },
    });
  const whole = { secrets: { KEY: "sk-1234567890" }, connection };
  expect(await finishAction(call, envelope, depsOf(whole, []))).toMatchObject({
    ok: true,
    output: "reading with ***, as ***",
  });
});

test("what was sent is masked, too, when the secret was rotated and the connection has another token since then", async () => {
  const before = { secrets: { KEY: "sk-1234567890" }, connection, answer: () => json({ status: "pending" }) };
  const taken = await invokeAction(call, { ...identity, taskToken: "task_abcdefgh.123456" }, depsOf(before, []));
  const kept = taken.ok ? undefined : taken.pending?.revealed;
  expect(kept).toBeDefined();
  const now = depsOf({ secrets: { KEY: "sk-new" }, connection: { ...connection, values: { token: "tok-new" } } }, []);
  const words = `${said} (task_abcdefgh.123456)`;
  expect(await maskSaid(call, words, now, kept)).toBe("reading with ***, as *** (***)");
  expect(await finishAction(call, { status: "success", data: words }, now, kept)).toMatchObject({
    ok: true,
    output: "reading with ***, as *** (***)",
  });
  // Nor does it matter that all of it is gone.
  expect(await maskSaid(call, words, depsOf({}, []), kept)).toBe("reading with ***, as *** (***)");
  const broken = { ...now, services: { ...now.services, openRevealed: () => Promise.reject(new Error("broken")) } };
  expect(await maskSaid(call, words, broken, kept)).toBeNull();
  expect(await finishAction(call, { status: "success", data: words }, broken, kept)).toMatchObject({
    error: { code: "UNAVAILABLE", details: { reason: "lookup" } },
  });
});
