import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../engine/json.ts";
import { chainNext, chainStart } from "./event-chain.ts";
import { ReceiptKeys } from "./receipt-keys.ts";
import { type History, verifyHistory } from "./verify-history.ts";

/* The keys here sign nothing but what these tests make. */
const OURS = new ReceiptKeys(readFileSync(join(import.meta.dirname, "golden/test-keys.json"), "utf8"));
const THEIRS = new ReceiptKeys(
  JSON.stringify({
    keys: [
      {
        kty: "OKP",
        crv: "Ed25519",
        d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        kid: "theirs",
      },
    ],
  }),
);

type Event = JsonObject & { hash: string };
type Signed = Omit<History, "data"> & { data: Event[] };

function chained(executionId: string, count: number): Event[] {
  let hash = chainStart(executionId);
  return Array.from({ length: count }, (_, index) => {
    const event = { id: index + 1, type: "log", execution_id: executionId, data: { n: index, text: "ä\u2028{}" } };
    hash = chainNext(hash, event);
    return { ...event, hash };
  });
}

async function signed(executionId: string, count: number, keys = OURS): Promise<Signed> {
  const data = chained(executionId, count);
  const receipt = await keys.sign({
    execution_id: executionId,
    workflow: { slug: "orders", version: "1.0.0" },
    run_attempt: 1,
    status: "completed",
    events: count,
    head: data.at(-1)?.hash ?? chainStart(executionId),
    signed_at: "2026-11-29T12:00:00.000Z",
  });
  return { execution_id: executionId, data, receipt: { ...receipt } };
}

const keys = (): Json => JSON.parse(JSON.stringify(OURS.published));
let history: Signed;
let other: Signed;
beforeAll(async () => {
  history = await signed("exec_a", 6);
  other = await signed("exec_b", 6);
});

/** What somebody does who also mends the hashes. */
function rechained(executionId: string, events: readonly JsonObject[]): Event[] {
  let hash = chainStart(executionId);
  return events.map(({ hash: _old, ...event }) => {
    hash = chainNext(hash, event);
    return { ...event, hash };
  });
}

function at(index: number): Event {
  const event = history.data[index];
  if (!event) throw new Error(`no event ${index}`);
  return event;
}

test("what was signed is what was signed, in whatever order the members of its JSON came", async () => {
  expect(await verifyHistory(history, keys())).toMatchObject({ ok: true, receipt: { status: "completed", events: 6 } });
  const turned = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(turned)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, member]) => [key, turned(member)]),
          )
        : value;
  const data = history.data.map(turned);
  expect(await verifyHistory({ ...history, data, receipt: turned(history.receipt) }, keys())).toMatchObject({
    ok: true,
  });
});

test("an execution that has no event yet has a receipt too", async () => {
  expect(await verifyHistory(await signed("exec_a", 0), keys())).toMatchObject({ ok: true });
});

describe("refused, with the first event that does not fit", () => {
  const cases: [name: string, change: () => History, event: number | undefined, reason: RegExp][] = [
    [
      "an event whose data was changed",
      () => ({ ...history, data: history.data.map((e) => (e.id === 3 ? { ...e, data: { n: 99 } } : e)) }),
      3,
      /hash does not fit/,
    ],
    [
      "an event with a member more",
      () => ({ ...history, data: history.data.map((e) => (e.id === 3 ? { ...e, note: "x" } : e)) }),
      3,
      /hash does not fit/,
    ],
    [
      "an event whose hash was changed",
      () => ({ ...history, data: history.data.map((e) => (e.id === 3 ? { ...e, hash: at(0).hash } : e)) }),
      3,
      /hash does not fit/,
    ],
    ["an event that was left out", () => ({ ...history, data: history.data.toSpliced(2, 1) }), 3, /missing/],
    ["an event that stands twice", () => ({ ...history, data: history.data.toSpliced(2, 0, at(2)) }), 4, /stands 3/],
    [
      "two events that changed places",
      () => ({ ...history, data: history.data.toSpliced(2, 2, at(3), at(2)) }),
      3,
      /another place/,
    ],
    [
      "an event of another execution",
      () => ({ ...history, data: history.data.toSpliced(2, 1, ...other.data.slice(2, 3)) }),
      3,
      /"exec_b"/,
    ],
    ["no event at all", () => ({ ...history, data: history.data.toSpliced(2, 1, 7 as never) }), 3, /no event/],
    [
      "an event after the end, chained rightly",
      () => ({ ...history, data: chained("exec_a", 7) }),
      7,
      /covers 6 events/,
    ],
    ["a log without its end", () => ({ ...history, data: history.data.slice(0, 5) }), undefined, /end is missing/],
    ["a log without its beginning", () => ({ ...history, data: history.data.slice(1) }), 1, /missing/],
    [
      "events that were changed, with all hashes mended",
      () => ({
        ...history,
        data: rechained(
          "exec_a",
          history.data.map((e) => (e.id === 3 ? { ...e, data: {} } : e)),
        ),
      }),
      undefined,
      /not those that were signed/,
    ],
    ["the receipt of another execution", () => ({ ...history, receipt: other.receipt }), undefined, /of exec_b/],
    [
      "another execution's log under this id, hashes mended",
      () => ({
        ...history,
        data: rechained(
          "exec_a",
          other.data.map((e) => ({ ...e, execution_id: "exec_a", data: { n: 0 } })),
        ),
      }),
      undefined,
      /not those that were signed/,
    ],
    [
      "a log that names another execution throughout",
      () => ({
        ...history,
        execution_id: "exec_b",
        data: history.data.map((e) => ({ ...e, execution_id: "exec_b" })),
      }),
      1,
      /hash does not fit/,
    ],
    ["no receipt", () => ({ ...history, receipt: null }), undefined, /no receipt/],
    ["a receipt of another form", () => ({ ...history, receipt: { format: "receipt/v9" } }), undefined, /form/],
    [
      "a receipt whose status was changed",
      () => ({ ...history, receipt: { ...(history.receipt as JsonObject), status: "failed" } }),
      undefined,
      /signature does not fit/,
    ],
    [
      "a receipt with a member more",
      () => ({ ...history, receipt: { ...(history.receipt as JsonObject), note: "paid" } }),
      undefined,
      /signature does not fit/,
    ],
    [
      "a signature that is none",
      () => ({ ...history, receipt: { ...(history.receipt as JsonObject), signature: "*" } }),
      undefined,
      /no base64url/,
    ],
  ];
  test.each(cases)("%s", async (_name, change, event, reason) => {
    const verified = await verifyHistory(change(), keys());
    expect(verified).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect("event" in verified ? verified.event : undefined).toBe(event);
  });

  test("a receipt that somebody else signed, whose key is not the platform's", async () => {
    expect(await verifyHistory(await signed("exec_a", 6, THEIRS), keys())).toMatchObject({
      ok: false,
      reason: expect.stringContaining("key theirs, which is none of the 1 keys"),
    });
  });

  test("a receipt that somebody else signed in the name of the platform's key", async () => {
    const forged = await signed("exec_a", 6, THEIRS);
    const ours = OURS.published.keys[0]?.kid ?? "";
    const receipt = { ...(forged.receipt as JsonObject), key_id: ours };
    expect(await verifyHistory({ ...forged, receipt }, keys())).toMatchObject({
      ok: false,
      reason: expect.stringContaining("signature does not fit"),
    });
  });

  test("keys that are none", async () => {
    const sets: Json[] = [null, {}, { keys: [] }, { keys: [{ kid: OURS.published.keys[0]?.kid ?? "", kty: "RSA" }] }];
    for (const none of sets) expect(await verifyHistory(history, none)).toMatchObject({ ok: false });
  });
});

test("a later receipt covers what an earlier one covered", async () => {
  const longer = await signed("exec_a", 9);
  expect(await verifyHistory(longer, keys())).toMatchObject({ ok: true });
  const prefix = { ...longer, data: longer.data.slice(0, 6), receipt: history.receipt };
  expect(await verifyHistory(prefix, keys())).toMatchObject({ ok: true, receipt: { events: 6 } });
});

test("what a former key signed is verified with the set that still names it", async () => {
  const former = OURS.published.keys[0];
  const [next] = THEIRS.published.keys;
  const set = JSON.parse(JSON.stringify({ keys: [next, former] }));
  expect(await verifyHistory(history, set)).toMatchObject({ ok: true });
  expect(await verifyHistory(history, { keys: set.keys.slice(0, 1) })).toMatchObject({ ok: false });
});

test("the chain and the signature are what docs/decisions/0028 says, by other means", async () => {
  const { createHash, createPublicKey, verify } = await import("node:crypto");
  const sha = (text: string) => createHash("sha256").update(text).digest("hex");
  const { hash, ...first } = at(0);
  const canonical = `{"data":{"n":0,"text":"ä\u2028{}"},"execution_id":"exec_a","id":1,"type":"log"}`;
  expect(JSON.parse(canonical)).toEqual(first);
  expect(hash).toBe(sha(`${sha("execution-log/v1\nexec_a")}\n${canonical}`));
  const { signature, ...claims } = history.receipt as JsonObject;
  const sorted = JSON.stringify(Object.fromEntries(Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1))));
  const key = createPublicKey({ key: { ...OURS.published.keys[0] }, format: "jwk" });
  const text = Buffer.from(`execution-receipt/v1\n${sorted}`);
  expect(verify(null, text, key, Buffer.from(String(signature), "base64url"))).toBe(true);
});
