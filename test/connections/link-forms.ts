import { randomUUID } from "node:crypto";
import { expect, test, vi } from "vitest";
import type { TestPlatform } from "../support/test-platform.ts";
import type { EchoService } from "./echo-service.ts";

/* Connect links whose page is a form, followed as a browser without scripts does: cases for a platform that the file shares. */

type Kind = "API_KEY" | "BASIC" | "BEARER" | "CUSTOM_HEADER";

/** What the connector declares, what a person fills in, and what must arrive at the service. */
const KINDS: Record<
  Kind,
  { auth: object; labels: string[]; typed: string[]; arrives: [header: string, value: string] }
> = {
  API_KEY: {
    auth: { type: "apiKey", in: "header", name: "x-link-key" },
    labels: ["API key"],
    typed: ["k3y of & <person>"],
    arrives: ["x-link-key", "k3y of & <person>"],
  },
  BASIC: {
    auth: { type: "basic" },
    labels: ["User name", "Password"],
    typed: ["ada", "pa:ss wörd"],
    arrives: ["authorization", `Basic ${Buffer.from("ada:pa:ss wörd").toString("base64")}`],
  },
  BEARER: {
    auth: { type: "bearer" },
    labels: ["Access token"],
    typed: ["t0ken"],
    arrives: ["authorization", "Bearer t0ken"],
  },
  CUSTOM_HEADER: {
    auth: { type: "customHeader", headers: ["X-Link-Custom"] },
    labels: ["X-Link-Custom"],
    typed: ["cust0m"],
    arrives: ["x-link-custom", "cust0m"],
  },
};

/** `echoOf`: the service at `http://echo.test`. */
export function linkForms(platformOf: () => TestPlatform, echoOf: () => EchoService): void {
  async function call(method: string, path: string, body?: unknown) {
    const platform = platformOf();
    const response = await fetch(`${platform.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${platform.tenant.apiKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Starts an execution that waits for a person's connection, and answers its id and its link. */
  async function waiting(kind: Kind, person: string, timeout = "10m"): Promise<{ id: string; link: string }> {
    const step = {
      id: "s",
      connector: `connector:acme/form-${kind.toLowerCase().replace("_", "-")}@1`,
      action: "send",
      connection: { end_user: person },
      on_missing_connection: "wait",
      connection_timeout: timeout,
      retry: { max_attempts: 1 },
    };
    const started = await call("POST", "/workflows/executions", { definition: { name: "Form", steps: [step] } });
    const id = String(started.body.execution_id);
    const link = await vi.waitFor(
      async () => {
        const { body } = await call("GET", `/workflows/executions/${id}`);
        const shown = body.waiting_for as { kind: string; connect_url: string } | undefined;
        expect(shown?.kind, JSON.stringify(body)).toBe("connection");
        return String(shown?.connect_url);
      },
      { timeout: 30_000, interval: 100 },
    );
    return { id, link };
  }

  const post = (link: string, form: Record<string, string>) =>
    fetch(link, { method: "POST", body: new URLSearchParams(form) });

  test.each(Object.keys(KINDS) as Kind[])(
    "a form of %s connects a person once, and the execution goes on",
    async (kind) => {
      const { auth, labels, typed, arrives } = KINDS[kind];
      const connector = {
        type: "connector",
        kind: "http",
        name: `form-${kind.toLowerCase().replace("_", "-")}`,
        namespace: "acme",
        version: "1.0.0",
        displayName: `Form <b>${kind}</b>`,
        description: "d",
      };
      const http = { url: "http://echo.test/echo", method: "GET", style: "direct" };
      const made = await call("POST", "/plugins", {
        connector,
        auth,
        actions: [{ name: "send", description: "s", input: {}, handler: { http } }],
      });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      const person = `person-${randomUUID()}`;
      const { id, link } = await waiting(kind, person);
      const page = await (await fetch(link)).text();
      expect(page).toContain(`Connect Form &lt;b&gt;${kind}&lt;/b&gt;`);
      for (const label of labels) expect(page).toContain(`<label>${label}<input`);
      const names = [...page.matchAll(/<input name="([^"]+)"/g)].map((match) => String(match[1]));
      expect(names).toHaveLength(typed.length);
      // What is not filled in uses nothing up.
      expect((await post(link, {})).status).toBe(400);
      const form = Object.fromEntries(names.map((name, at) => [name, typed[at] ?? ""]));
      const [first, second] = await Promise.all([post(link, form), post(link, form)]);
      expect([first.status, second.status].sort()).toEqual([200, 409]);
      await vi.waitFor(
        async () =>
          expect((await call("GET", `/workflows/executions/${id}`)).body).toMatchObject({ status: "completed" }),
        { timeout: 30_000, interval: 100 },
      );
      expect(
        echoOf()
          .heard.splice(0)
          .map((headers) => headers[arrives[0]]),
      ).toEqual([arrives[1]]);
      expect((await post(link, form)).status).toBe(409);
      expect((await fetch(link)).status).toBe(409);
      const { body } = await call("GET", `/connections?end_user=${person}`);
      expect(body.data).toMatchObject([{ type: kind, status: "connected", end_user: person }]);
      for (const secret of typed.slice(-1)) expect(JSON.stringify(body)).not.toContain(secret);
    },
  );

  test("a link ends with the deadline of the wait: it shows nothing then, and takes nothing", async () => {
    const { id, link } = await waiting("BEARER", `late-${randomUUID()}`, "1s");
    await vi.waitFor(
      async () => expect((await call("GET", `/workflows/executions/${id}`)).body).toMatchObject({ status: "failed" }),
      { timeout: 30_000, interval: 100 },
    );
    expect((await fetch(link)).status).toBe(404);
    expect((await post(link, { token: "late" })).status).toBe(404);
    expect(echoOf().heard).toEqual([]);
  });
}
