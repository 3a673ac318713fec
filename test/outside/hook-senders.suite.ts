import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { SENDERS, type Signed } from "./hook-signatures.ts";
import { type JsonMap, read, readText } from "./json.ts";
import { call, given, type Hook, hook, NAME, SECRET, setSecret, settled } from "./make-hook.ts";

setSecret();

test("our own signatures are those of the documentation: GitHub's example and Slack's", () => {
  const github = SENDERS.github?.sign("It's a Secret to Everybody", "Hello, World!", new Date());
  expect(github).toEqual({
    "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
  });
  const body =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const slack = SENDERS.slack?.sign("8f742231b10e8888abcd99yyyzzz85a5", body, new Date(1_531_420_618_000));
  expect(slack?.["X-Slack-Signature"]).toBe("v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
});

describe.concurrent.each(Object.entries(SENDERS))("a webhook trigger for %s", (name, sender: Signed) => {
  const BODY = '{ "order": "A-17",  "amount": 40.50, "ü": "😀" }';
  const trigger = (more: JsonMap = {}): Promise<Hook> => hook({ auth: { ...sender.auth, secret_name: NAME }, ...more });
  const timed = name !== "github";

  test("starts an execution with the payload of a call that is signed as it signs", async () => {
    const one = await trigger();
    expect(await given(await call(one, BODY, sender.sign(SECRET, BODY, new Date())))).toEqual(JSON.parse(BODY));
    expect(await settled(one)).toBe(1);
  });

  test("refuses what is not signed, signed by another secret, or was changed on its way, and starts nothing", async () => {
    const one = await trigger();
    const good = sender.sign(SECRET, BODY, new Date());
    const other = `whsec_${randomBytes(24).toString("base64")}`;
    // Of Stripe's header only v1 counts.
    const altered = Object.fromEntries(
      Object.entries(good).map(([header, value]) => [
        header,
        value.replace(/(?<=v1=|sha256=|v0=|v1,)./, (c) => (c === "0" ? "1" : "0")),
      ]),
    );
    const tries: [string, string, Record<string, string>][] = [
      ["no signature", BODY, {}],
      ["another secret", BODY, sender.sign(other, BODY, new Date())],
      ["the same JSON written anew", JSON.stringify(JSON.parse(BODY)), good],
      ["a blank more", `${BODY} `, good],
      ["an empty body", "", good],
      ["another signature", BODY, altered],
      ["an empty signature", BODY, Object.fromEntries(Object.keys(good).map((header) => [header, ""]))],
    ];
    for (const [what, body, headers] of tries) {
      const answer = await call(one, body, headers);
      expect([what, answer.status, read(answer.body, "code")]).toEqual([what, 401, "UNAUTHENTICATED"]);
      expect(answer.text).not.toContain(SECRET.slice(6));
    }
    expect(await settled(one)).toBe(0);
  });

  test.runIf(timed)("refuses a call that is more than 300 s old, or of the future", async () => {
    const one = await trigger();
    for (const off of [-3600, -310, 310, 86_400]) {
      const at = new Date(Date.now() + off * 1000);
      const answer = await call(one, BODY, sender.sign(SECRET, BODY, at));
      expect([off, answer.status]).toEqual([off, 401]);
    }
    const recent = new Date(Date.now() - 200_000);
    expect((await call(one, BODY, sender.sign(SECRET, BODY, recent))).status).toBe(202);
  });

  test.runIf(timed)("with a replay window takes the very same call once: a replay starts nothing more", async () => {
    const one = await trigger({ security: { replayWindow: "300s" } });
    const headers = sender.sign(SECRET, BODY, new Date());
    const answers = await Promise.all(Array.from({ length: 6 }, () => call(one, BODY, headers)));
    const started = answers.filter(({ status }) => [200, 202].includes(status));
    expect(started.length).toBeGreaterThanOrEqual(1);
    expect(new Set(started.map((answer) => readText(answer.body, "execution_id"))).size).toBe(1);
    expect(answers.filter(({ status }) => ![200, 202, 401, 409].includes(status))).toEqual([]);
    expect(await settled(one)).toBe(1);
  });
});

describe.concurrent("what senders do besides", () => {
  const signed = (one: Hook, sender: string, body: string, type?: string): Promise<Answer> =>
    call(one, body, SENDERS[sender]?.sign(SECRET, body, new Date()) ?? {}, type);
  const sent = (sender: string): Promise<Hook> => hook({ auth: { ...SENDERS[sender]?.auth, secret_name: NAME } });

  test.each([
    ["stripe", '{"id":"evt_1Outside","type":"invoice.paid"}', '{"id":"evt_2Outside","type":"invoice.paid"}'],
    ["slack", '{"event_id":"Ev1Outside","type":"event_callback"}', '{"event_id":"Ev2Outside","type":"event_callback"}'],
  ])(
    "%s sends an event again, signed anew: the same execution; another event: another one",
    async (sender, one, two) => {
      const trigger = await sent(sender);
      const first = await signed(trigger, sender, one);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const again = await signed(trigger, sender, one);
      const other = await signed(trigger, sender, two);
      expect(readText(again.body, "execution_id")).toBe(readText(first.body, "execution_id"));
      expect(readText(other.body, "execution_id")).not.toBe(readText(first.body, "execution_id"));
    },
  );

  test("Slack asks who is there, and is answered its challenge, which starts nothing", async () => {
    const trigger = await sent("slack");
    const body = '{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}';
    const answer = await signed(trigger, "slack", body);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    expect(await call(trigger, body)).toMatchObject({ status: 401 });
    expect(await settled(trigger)).toBe(0);
  });

  test("Slack's commands are forms: the workflow reads their fields", async () => {
    const trigger = await sent("slack");
    const body = "token=x&command=%2Fdeploy&text=to+production";
    const answer = await signed(trigger, "slack", body, "application/x-www-form-urlencoded");
    expect(await given(answer)).toMatchObject({ command: "/deploy", text: "to production" });
  });
});
