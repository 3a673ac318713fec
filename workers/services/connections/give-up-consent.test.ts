import { expect, test } from "vitest";
import type { ConnectionState } from "../../../contracts/rpc.ts";
import type { Context } from "../context.ts";
import type { ConnectionRow } from "./connection-view.ts";
import { giveUpConsent } from "./give-up-consent.ts";

const ROW = { id: "conn_1", connector: "acme/me", name: "default", type: "OAUTH2", endUser: null, config: "{}" };

/** `kept`: whether there is a token after that. */
async function given(before: Record<string, ConnectionState>, plugin: () => Promise<boolean>, kept = async () => true) {
  const states = { ...before };
  const tenant = {
    connectionStates: async () => ({ ...states }),
    putConnectionState: async (id: string, state: ConnectionState) => {
      states[id] = state;
    },
  };
  const context = {
    ports: { tenant: () => tenant, oauth: { revokeConnection: plugin, isKept: kept } },
    caller: { tenantId: "ten_1", environment: "live" },
  } as unknown as Context;
  const row = {
    ...ROW,
    tenantId: "ten_1",
    environment: "live",
    sealed: "",
    createdAt: new Date(),
    updatedAt: new Date(),
  };
  const done = await giveUpConsent(context, row satisfies ConnectionRow).then(
    () => "given up",
    (error: Error) => error.message,
  );
  return { done, state: states.conn_1 };
}

test("a connection whose consent is given up is pending, also while that is told", async () => {
  expect(await given({ conn_1: { status: "connected" } }, async () => true)).toEqual({
    done: "given up",
    state: { status: "pending" },
  });
});

test.each<ConnectionState>([{ status: "connected" }, { status: "needs_reconnect", reason: "invalid_grant" }])(
  "where nobody can give it up now, nothing is changed, and it says what it said before: %o",
  async (state) => {
    const away = async () => Promise.reject(new Error("the plugin is away"));
    expect(await given({ conn_1: state }, away)).toEqual({ done: "the plugin is away", state });
  },
);

test.each([
  ["has forgotten the token", async () => false],
  ["is still away", async () => Promise.reject(new Error("still away"))],
])(
  "it stays pending where a plugin that went away meanwhile %s: nobody may take it for connected",
  async (_what, kept) => {
    const away = async () => Promise.reject(new Error("the plugin is away"));
    expect(await given({ conn_1: { status: "connected" } }, away, kept)).toEqual({
      done: "the plugin is away",
      state: { status: "pending" },
    });
  },
);
