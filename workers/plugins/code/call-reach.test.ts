import { expect, test } from "vitest";
import type { CodeGateRpc, CodeGrant } from "../../../contracts/code-gate-rpc.ts";
import type { StepReport } from "../../../contracts/rpc.ts";
import { CallReach } from "./call-reach.ts";
import { CallRecord } from "./call-record.ts";

const GRANT: Omit<CodeGrant, "timeoutMs"> = {
  tenantId: "ten_a",
  environment: "live",
  connector: "acme/a",
  connectorVersion: "1.0.0",
  hosts: ["api.dev"],
  handles: [],
  callHeaders: [],
};
const REQUEST = { url: "https://api.dev/", method: "GET", headers: [], body: null };

function world() {
  const said: StepReport[] = [];
  const sent: string[] = [];
  const gate: Pick<CodeGateRpc, "sendForCode"> = {
    sendForCode: async ({ url }) => {
      sent.push(url);
      return { ok: false, message: "nobody there", host: "api.dev", sentBytes: 1 };
    },
  };
  const record = new CallRecord(async (report) => void said.push(report));
  const host = new CallReach({ ...gate, prepareForCode: () => Promise.reject(new Error("no")) }, GRANT, record, 1_000);
  return { said, sent, record, host };
}

// The runtime ends stubs by itself where it can: this is what holds where one is kept in a call that goes on behind its time limit.
test("a stub that is kept does nothing when its call is over: no request leaves, and nothing is said", async () => {
  const { said, sent, record, host } = world();
  expect(await host.send(REQUEST)).toEqual({ ok: false, message: "nobody there" });
  await record.settle();
  const before = said.length;
  expect(await host.send(REQUEST)).toEqual({ ok: false, message: "the call is over" });
  await host.log("info", "after the end");
  await host.progress(50, "after the end");
  expect([sent.length, said.length - before]).toEqual([1, 0]);
});
