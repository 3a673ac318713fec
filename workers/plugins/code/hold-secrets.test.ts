import { describe, expect, test } from "vitest";
import type { PinnedCodeHandler } from "../../../connectors/code/pinned-code-handler.ts";
import type { Json } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import { holdSecrets } from "./hold-secrets.ts";

const HANDLE = /^smartify-secret-[0-9a-f]{32}$/;
const HANDLER: PinnedCodeHandler = {
  kind: "code",
  module: "a.js",
  digest: "0",
  hosts: ["api.test", "other.test"],
  secrets: [{ name: "KEY", positions: ["header:Authorization"], hosts: ["api.test"] }, { name: "PLAIN" }],
};
const secret = (name: string): Json => ({ $secret: { name } });

function hold(input: Json, secretMembers: string[] = [], handler = HANDLER) {
  const call: ActionCall = {
    path: "s",
    stepId: "s",
    attempt: 1,
    action: {
      namespace: "acme",
      connector: "c",
      version: "1.0.0",
      action: "a",
      plugin: "code",
      idempotent: false,
      handler: {},
      secretMembers,
    },
    input,
    idempotencyKey: "k",
    timeoutMs: 1,
    deadline: 1,
  };
  return holdSecrets(call, handler);
}

describe("secrets that the connector declares", () => {
  test("are handles of this call alone, with the positions and hosts that were declared, or header and every host", () => {
    const [one, other] = [hold({}), hold({})];
    if (!one.ok || !other.ok) throw new Error("refused");
    expect(Object.keys(one.secrets)).toEqual(["KEY", "PLAIN"]);
    for (const handle of Object.values(one.secrets)) expect(handle).toMatch(HANDLE);
    expect(one.secrets.KEY).not.toBe(other.secrets.KEY);
    expect(one.handles).toMatchObject([
      { name: "KEY", positions: ["header:authorization"], hosts: ["api.test"] },
      { name: "PLAIN", positions: ["header"], hosts: ["api.test", "other.test"] },
    ]);
  });

  test("are the same handle in the input, and one that nobody declared goes to a header of the connector's hosts", () => {
    const held = hold({ a: secret("KEY"), b: [secret("NEW")] }, ["/a", "/b/*"]);
    if (!held.ok) throw new Error("refused");
    expect(held.input).toEqual({ a: held.secrets.KEY, b: [expect.stringMatching(HANDLE)] });
    expect(held.handles.find(({ name }) => name === "NEW")).toMatchObject({
      positions: ["header"],
      hosts: HANDLER.hosts,
    });
  });
});

describe("is refused", () => {
  test("a secret where the input's schema does not say x-secret", () => {
    expect(hold({ a: { b: secret("KEY") } }, ["/a/c"])).toMatchObject({
      ok: false,
      permanent: true,
      error: { code: "VALIDATION", details: { field: "/a/b" } },
    });
  });

  test("a function of a secret: a handle has none", () => {
    const computed: Json = { $secret: { compute: "sha256", of: [secret("KEY")] } };
    expect(hold({ a: computed }, ["/a"])).toMatchObject({
      ok: false,
      error: { code: "VALIDATION", message: expect.stringContaining("function of a secret"), details: { field: "/a" } },
    });
  });
});

test("names that are members of every object are names like others", () => {
  const held = hold(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'));
  expect(held.ok && Object.keys(Object(held.input))).toContain("constructor");
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});
