import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Webhook } from "svix";
import { FIRST_PARTY } from "../../connectors/first-party/all-connectors.ts";
import type { InvokeDeps } from "../../connectors/attempt/invoke-deps.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { type Counterpart, type Counterparts, startCounterparts } from "./counterparts.ts";
import { invokeThere } from "./invoke-there.ts";

/* What the services' connectors must do beside their examples: failures, repetition, secrets, and what people put in. */

let counterparts: Counterparts;
beforeAll(async () => {
  counterparts = await startCounterparts();
});
afterAll(async () => counterparts?.close());
beforeEach(() => counterparts.received.splice(0));

interface More {
  secrets?: Record<string, string>;
  there?: Partial<Counterpart>;
  change?: Partial<InvokeDeps>;
}

async function attempt(name: string, input: JsonObject, { secrets, there, change }: More = {}): Promise<ActionResult> {
  const [connector = "", action = ""] = name.split(".");
  const manifest = FIRST_PARTY.find((own) => own.name === connector);
  const counterpart = counterparts.of[connector];
  if (manifest === undefined || counterpart === undefined) throw new Error(`no ${name}`);
  return invokeThere(manifest, action, input, { ...counterpart, ...there }, secrets, change);
}

async function output(name: string, input: JsonObject, more?: More): Promise<JsonObject> {
  const result = await attempt(name, input, more);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.output as JsonObject;
}

async function failure(name: string, input: JsonObject, more?: More) {
  const result = await attempt(name, input, more);
  if (result.ok) throw new Error(`was accepted: ${JSON.stringify(result.output)}`);
  return result;
}

const repository = { owner: "octocat", repo: "hello-world" };

describe("GitHub (emulate)", () => {
  test("what is not there is a failure with GitHub's own words", async () => {
    const { error } = await failure("github.get_issue", { ...repository, number: 9_999 });
    expect(error).toMatchObject({ code: "BACKEND_ERROR", details: { status: 404, body: { message: "Not Found" } } });
  });

  test("names cannot leave their place in the path", async () => {
    const input = { owner: "octocat", repo: "../../user", number: 1 };
    expect((await failure("github.get_issue", input)).error).toMatchObject({ details: { status: 404 } });
    expect((await failure("github.get_issue", { owner: "..", repo: "x", number: 1 })).error.code).toBe("VALIDATION");
  });

  test("a list goes over all pages by the Link header", async () => {
    const there = counterparts.of.github;
    const headers = {
      authorization: `Bearer ${String(there?.connection?.values.token)}`,
      "content-type": "application/json",
    };
    for (let number = 0; number < 103; number += 1) {
      const body = JSON.stringify({ title: `issue ${number}` });
      await fetch(`${counterparts.github}/repos/octocat/hello-world/issues`, { method: "POST", headers, body });
    }
    // GitHub's links lead to where it was asked; the counterpart's lead to this machine, which the egress rules do not let pass.
    const change: Partial<InvokeDeps> = {
      fetch: async (target, init) => {
        const answered = await fetch(target, init);
        const link = answered.headers.get("link")?.replaceAll(counterparts.github, "http://github.test");
        if (link === undefined) return answered;
        return new Response(answered.body, {
          status: answered.status,
          headers: { ...Object.fromEntries(answered.headers), link },
        });
      },
    };
    const listed = await output("github.list_issues", repository, { change });
    expect(listed).toMatchObject({ pages: 2, has_more: false });
    expect((listed.body as Json[]).length).toBe(103);
  });

  test("without a connection the action says what to do, and nothing is sent", async () => {
    let sent = 0;
    const change = {
      findConnection: async () => null,
      fetch: () => {
        sent += 1;
        return Promise.reject(new Error("sent"));
      },
    };
    const { error, permanent } = await failure("github.get_issue", { ...repository, number: 1 }, { change });
    expect(error).toMatchObject({ code: "UNAVAILABLE", details: { reason: "connection" } });
    expect([permanent, sent]).toEqual([true, 0]);
  });

  test("goes to api.github.com where the connection names no other place", async () => {
    const urls: string[] = [];
    const change: Partial<InvokeDeps> = {
      fetch: async (target) => {
        urls.push(String(target));
        return Response.json({ number: 1, title: "t", state: "open", html_url: "u" });
      },
    };
    const connection = { id: "con_1", type: "BEARER", config: {}, values: { token: "t" } };
    await output("github.get_issue", { ...repository, number: 1 }, { change, there: { connection } });
    expect(urls).toEqual(["https://api.github.com/repos/octocat/hello-world/issues/1"]);
  });
});

describe("Slack (emulate)", () => {
  test("an answer of 200 that says it failed is a failure, with Slack's code", async () => {
    const { error } = await failure("slack.post_message", { channel: "C_NOWHERE", text: "hello" });
    expect(error).toMatchObject({
      code: "BACKEND_ERROR",
      details: { status: 200, upstream_code: "channel_not_found" },
    });
  });

  test("all channels come page after page", async () => {
    const names: Json[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const page = await output("slack.list_channels", { limit: 2, ...(cursor === "" ? {} : { cursor }) });
      names.push(...(page.channels as JsonObject[]).map(({ name }) => name ?? null));
      cursor = String((page.response_metadata as JsonObject).next_cursor);
      pages += 1;
    } while (cursor !== "" && pages < 9);
    expect(names).toEqual(expect.arrayContaining(["general", "random", "builds", "ops", "news"]));
    expect(pages).toBeGreaterThan(2);
  });

  test("an incoming webhook gets neither the connection's token nor its own URL into the record", async () => {
    const seen: [string, string | null][] = [];
    const change: Partial<InvokeDeps> = {
      fetch: async (target, init) => {
        seen.push([String(target), new Headers(init?.headers).get("authorization")]);
        return new Response(`sent to ${target}`);
      },
    };
    const url = "https://hooks.slack.com/services/T1/B1/secretpart";
    const answer = await output(
      "slack.incoming_webhook",
      { url: "{{ secrets.URL }}", text: "hi" },
      { change, secrets: { URL: url } },
    );
    expect(seen).toEqual([[url, null]]);
    expect(JSON.stringify(answer)).not.toContain("secretpart");
  });
});

describe("mail (Resend of emulate)", () => {
  test("an attempt that is repeated sends no second message", async () => {
    const keys: (string | null)[] = [];
    const change: Partial<InvokeDeps> = {
      fetch: async (target, init) => {
        const headers = new Headers(init?.headers);
        keys.push(headers.get("idempotency-key"));
        // As a coordinator does it after a crash: the same key.
        headers.set("idempotency-key", "exec_1:1:mail");
        return fetch(target, { ...init, headers });
      },
    };
    const mail = { from: "Shop <shop@example.com>", to: "ada@example.com", subject: "once", text: "t" };
    const [first, second] = [
      await output("email.send", mail, { change }),
      await output("email.send", mail, { change }),
    ];
    expect(first.id).toBe(second.id);
    expect(keys.every((key) => key !== null && key.length > 0)).toBe(true);
    expect((await output("email.send", { ...mail, subject: "another" })).id).not.toBe(first.id);
  });
});

describe("chat models (aimock)", () => {
  const question = { model: "gpt-4o-mini", messages: [{ role: "user", content: "What colour has the sky?" }] };

  test("the tokens that the provider counted are the attempt's usage", async () => {
    const result = await attempt("openai.chat", question);
    const { usage } = (result.ok ? result.output : {}) as { usage: Record<string, number> };
    expect(usage.prompt_tokens).toBeGreaterThan(0);
    expect(result.usage).toMatchObject({ input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens });
  });

  test("text that looks like a template is sent as it is", async () => {
    const bodies: string[] = [];
    const change: Partial<InvokeDeps> = {
      fetch: (target, init) => {
        bodies.push(String(init?.body));
        return fetch(target, init);
      },
      secrets: async () => ({ STOLEN: "the secret" }),
    };
    const content = "the sky ${secrets.STOLEN} {{ secrets.STOLEN }} ${env.X}";
    await output("openai.chat", { ...question, messages: [{ role: "user", content }] }, { change });
    expect(JSON.parse(bodies[0] ?? "{}").messages[0].content).toBe(content);
  });
});

describe("Postgres over HTTP (our own front of Neon's protocol)", () => {
  test("values never become part of the statement", async () => {
    const evil = "'); drop table notes; --";
    await output("postgres.execute", { query: "create table notes (id int, text text)" });
    await output("postgres.execute", { query: "insert into notes values ($1, $2)", params: [1, evil] });
    expect(
      (await output("postgres.query", { query: "select id, text from notes where text = $1", params: [evil] })).rows,
    ).toEqual([{ id: 1, text: evil }]);
  });

  test("query refuses to change anything", async () => {
    const { error } = await failure("postgres.query", { query: "create table sneaky (id int)" });
    expect(error).toMatchObject({ code: "BACKEND_ERROR", details: { body: { code: "25006" } } });
  });

  test("a transaction is all or nothing", async () => {
    await output("postgres.execute", { query: "create table accounts (id int primary key)" });
    const insert = { query: "insert into accounts values ($1)", params: [1] };
    const { error } = await failure("postgres.transaction", { queries: [insert, insert] });
    expect(error).toMatchObject({ details: { body: { code: "23505" } } });
    expect((await output("postgres.query", { query: "select id from accounts" })).rows).toEqual([]);
    expect((await failure("postgres.transaction", { queries: [insert], read_only: true })).error.code).toBe(
      "BACKEND_ERROR",
    );
  });

  test("the connection string stands in nothing that comes back", async () => {
    const asks = { query: "select $1::text as echoed", params: ["postgresql://user:firstparty-password@neon.test/db"] };
    expect(JSON.stringify(await attempt("postgres.query", asks))).not.toContain("firstparty-password");
  });
});

describe("storage (S3 of emulate)", () => {
  const bucket = "reports";

  test("a listing goes on where it ended, and keys of any kind come back as they were", async () => {
    const keys = ["p/a&b <c>.txt", "p/ü ñ.txt", "p/x+y=z.txt", "p/1.txt"];
    for (const key of keys) await output("s3.put_object", { bucket, key, body: key });
    for (const key of keys) expect((await output("s3.get_object", { bucket, key })).body).toBe(key);
    const listed: Json[] = [];
    let token: Json = null;
    do {
      const more: JsonObject = token === null ? {} : { continuation_token: token };
      const page: JsonObject = await output("s3.list_objects", { bucket, prefix: "p/", max_keys: 2, ...more });
      listed.push(...(page.objects as JsonObject[]).map(({ key }) => key ?? null));
      token = page.next_token ?? null;
    } while (token !== null && listed.length < 9);
    expect(listed.sort()).toEqual([...keys].sort());
  });

  test("an object without a byte is an empty text, in either encoding", async () => {
    await output("s3.put_object", { bucket, key: "empty", body: "" });
    for (const encoding of ["text", "base64"])
      expect((await output("s3.get_object", { bucket, key: "empty", encoding })).body, encoding).toBe("");
  });

  test("bytes come back as they were", async () => {
    const body = Buffer.from([0, 255, 128, 10, 13, 200]).toString("base64");
    const place = { bucket, key: "bytes.bin", encoding: "base64" };
    await output("s3.put_object", { ...place, body });
    expect((await output("s3.get_object", place)).body).toBe(body);
    expect((await output("s3.list_objects", { bucket, prefix: "bytes" })).objects).toMatchObject([
      { key: "bytes.bin", size: 6 },
    ]);
  });

  test("JSON comes back as the text that it was", async () => {
    const body = '{ "a" :  1 }';
    await output("s3.put_object", { bucket, key: "a.json", body, content_type: "application/json" });
    expect((await output("s3.get_object", { bucket, key: "a.json" })).body).toBe(body);
  });

  test("a key cannot mean another object, nor a bucket another place", async () => {
    for (const key of ["../other/secret", "a/../../x", "./a", ".."]) {
      expect((await failure("s3.get_object", { bucket, key })).error, key).toMatchObject({ code: "VALIDATION" });
    }
    for (const name of ["a/b", "a?x", "evil.test#", "a..b", "-ab"]) {
      expect((await failure("s3.get_object", { bucket: name, key: "k" })).error, name).toMatchObject({
        code: "VALIDATION",
      });
    }
  });

  test("without a connection the step is told what to do, for every action", async () => {
    const change = { findConnection: async () => null };
    for (const action of ["get_object", "list_objects", "presign"]) {
      const input: JsonObject = action === "list_objects" ? { bucket } : { bucket, key: "k" };
      expect(await failure(`s3.${action}`, input, { change })).toMatchObject({
        permanent: true,
        error: { code: "UNAVAILABLE", details: { reason: "connection" } },
      });
    }
  });

  test("a presigned URL works without any credential, and does not hold the secret", async () => {
    await output("s3.put_object", { bucket, key: "shared.txt", body: "for you" });
    const { url } = await output("s3.presign", { bucket, key: "shared.txt", expires_in_seconds: 60 });
    expect(String(url)).toContain("X-Amz-Signature=");
    expect(String(url)).not.toContain("wJalrXUtnFEMI");
    const there = counterparts.of.s3?.hosts["s3.test:80"] ?? "";
    expect(await (await fetch(String(url).replace("s3.test", there))).text()).toBe("for you");
  });

  test("what is not there is a failure", async () => {
    expect((await failure("s3.get_object", { bucket, key: "nothing" })).error).toMatchObject({
      details: { status: 404 },
    });
  });
});

describe("webhooks (judged by svix)", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const url = "https://example.com/hooks/orders";
  const payload = { type: "order.paid", order: 7 };
  const secrets = { SECRET: secret, TOKEN: "Bearer hook-token" };

  test("what is sent verifies with another library, under an id that all attempts share", async () => {
    await output("webhook.send", { url, payload, secret: "{{ secrets.SECRET }}" }, { secrets });
    const [got] = counterparts.received;
    expect(() => new Webhook(secret).verify(got?.body ?? "", got?.headers ?? {})).not.toThrow();
    expect(() => new Webhook(secret).verify(`${got?.body} `, got?.headers ?? {})).toThrow();
    expect(JSON.parse(got?.body ?? "null")).toEqual(payload);
    expect(got?.headers["webhook-id"]).toBe(got?.headers["idempotency-key"]);
    expect(got?.headers["content-type"]).toContain("application/json");
  });

  test("verify takes what svix signed, and nothing that was changed since", async () => {
    const at = new Date();
    const body = JSON.stringify(payload);
    const headers = {
      "Webhook-Id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
    };
    const check = (more: JsonObject) =>
      output("webhook.verify", { payload: body, headers, secret: "{{ secrets.SECRET }}", ...more }, { secrets });
    expect(await check({})).toEqual({ valid: true });
    expect(await check({ payload: `${body} ` })).toMatchObject({ valid: false });
    expect(await check({ headers: { ...headers, "Webhook-Id": "msg_2" } })).toMatchObject({ valid: false });
    expect(await check({ headers: {} })).toMatchObject({ valid: false });
    expect(await check({ secret: "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhpcyBsZW5ndGg=" })).toMatchObject({ valid: false });
  });

  test("a payload that looks like a template is sent as it is, and headers may be secrets", async () => {
    const text = "${secrets.SECRET} {{ secrets.SECRET }}";
    await output(
      "webhook.post",
      { url, payload: text, headers: { authorization: "{{ secrets.TOKEN }}" } },
      { secrets },
    );
    const [got] = counterparts.received;
    expect(got).toMatchObject({ body: text, headers: { authorization: "Bearer hook-token" } });
  });

  test("goes to public addresses alone", async () => {
    for (const target of [
      "http://127.0.0.1/x",
      "http://169.254.169.254/latest",
      "http://[::1]/",
      "ftp://example.com/",
    ]) {
      const { error } = await failure("webhook.post", { url: target, payload });
      expect(error.code, target).toMatch(/FORBIDDEN|VALIDATION/);
    }
    expect(counterparts.received).toEqual([]);
  });

  test("a secret where the schema does not say so is refused before anything is sent", async () => {
    const { error } = await failure("webhook.post", { url, payload: { token: "{{ secrets.TOKEN }}" } }, { secrets });
    expect(error).toMatchObject({ code: "VALIDATION", details: { field: "/payload/token" } });
    expect((await failure("webhook.send", { url, payload, secret: "{{ secrets.GONE }}" })).error.message).toContain(
      "GONE",
    );
    expect(counterparts.received).toEqual([]);
  });
});
