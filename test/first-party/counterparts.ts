import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LLMock } from "@copilotkit/aimock";
import { createEmulator } from "emulate";
import type { OpenConnection } from "../../connectors/auth/credentials.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { startNeonFront } from "../../scripts/neon/front.ts";
import { startMailProviders } from "./mail-providers.ts";

/** What stands in for a service: a program of its own, on this machine. */
export interface Counterpart {
  /** What it is, for who reads the test. */
  what: string;
  connection?: OpenConnection;
  /** `host:port` of the outside world → `127.0.0.1:port`. */
  hosts: Record<string, string>;
  /** Actions that its program does not know: where they go instead, and what that is. */
  instead?: Record<string, { what: string; hosts: Record<string, string> }>;
  /** The input of an example, with what earlier examples gave in place of what it looks like. */
  fill?(action: string, input: JsonObject, earlier: ReadonlyMap<string, Json>): JsonObject;
}

/** One request as the receiver of webhooks got it. */
export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface Counterparts {
  of: Readonly<Record<string, Counterpart>>;
  received: Received[];
  /** Address of GitHub's counterpart, for what a test prepares or looks at. */
  github: string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const at = (port: number | string) => `${HOST}:${port}`;
const portOf = (url: string) => new URL(url).port;

function bearer(token: string, base_url: string): OpenConnection {
  return { id: "con_1", type: "BEARER", config: { base_url }, values: { token } };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** A plain server: it says what it got. `/orders…` as JSON, hooks as `ok`. */
async function startReceiver(received: Received[]): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
      ]),
    );
    const { method = "", url: path = "" } = request;
    received.push({ method, path, headers, body });
    if (path.startsWith("/hooks/")) {
      response.writeHead(200, { "content-type": "text/plain" }).end("ok");
      return;
    }
    if (path === "/picture.png" && method === "GET") {
      response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from("iVBORw0KGgo=", "base64"));
      return;
    }
    if (path.startsWith("/numbers?")) {
      const page = Number(new URL(path, "http://receiver").searchParams.get("page"));
      const items = [1, 2, 3, 4, 5].slice((page - 1) * 2, page * 2);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ items }));
      return;
    }
    if (headers["content-type"]?.startsWith("multipart/form-data")) {
      const form = await new Response(body, { headers: { "content-type": headers["content-type"] } }).formData();
      const parts: JsonObject = {};
      for (const [name, value] of form) {
        const file = typeof value === "string" ? undefined : value;
        parts[name] =
          file === undefined ? String(value) : { filename: file.name, type: file.type, text: await file.text() };
      }
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ method, path, parts }));
      return;
    }
    if (path.endsWith("/dispatches")) {
      response.writeHead(204).end();
      return;
    }
    const answer: JsonObject = { method, path };
    if (headers.authorization !== undefined) answer.authorized = true;
    if (body !== "") answer.sent = body;
    const status = path === "/missing" ? 404 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return server;
}

async function startGithub() {
  const token = "ghp_firstparty";
  const port = await freePort();
  const url = `http://${at(port)}`;
  const emulator = await createEmulator({
    service: "github",
    port,
    // Where its links to next pages lead.
    baseUrl: "http://github.test",
    seed: {
      tokens: { [token]: { login: "octocat", scopes: ["repo", "workflow"] } },
      github: {
        users: [{ login: "octocat", name: "The Octocat" }],
        repos: [{ owner: "octocat", name: "hello-world", auto_init: true }],
      },
    },
  });
  const put = async (path: string, text: string) => {
    const answer = await fetch(`${url}/repos/octocat/hello-world/contents/${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ message: "add", content: Buffer.from(text).toString("base64") }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  await put("docs/setup.md", "hello\n");
  return { emulator, token, url };
}

/** Starts everything that the examples of services are carried out against. */
export async function startCounterparts(): Promise<Counterparts> {
  const received: Received[] = [];
  const receiver = await startReceiver(received);
  const receiverPort = (receiver.address() as AddressInfo).port;
  const github = await startGithub();
  const slack = await createEmulator({
    service: "slack",
    port: await freePort(),
    seed: {
      tokens: { "xoxb-firstparty": { login: "developer" } },
      slack: {
        team: { name: "Work", domain: "work" },
        users: [{ name: "developer", real_name: "Developer", email: "dev@example.com" }],
        channels: [{ name: "general" }, { name: "random" }, { name: "builds" }, { name: "ops" }, { name: "news" }],
        incoming_webhooks: [{ channel: "general", label: "deploys" }],
      },
    },
  });
  const resend = await createEmulator({
    service: "resend",
    port: await freePort(),
    seed: { resend: { domains: [{ name: "example.com", status: "verified" }] } },
  });
  const aws = await createEmulator({
    service: "aws",
    port: await freePort(),
    seed: { aws: { s3: { buckets: [{ name: "reports" }] } } },
  });
  const model = new LLMock({ port: 0 });
  model.onMessage(/sky/, { content: "Yes." });
  await model.start();
  const mail = await startMailProviders({ sendgrid: "re_firstparty", postmark: "" });
  const neon = await startNeonFront({ dataDir: null, port: 0 });

  const channelOf = async () => {
    const answer = await fetch(`${slack.url}/api/conversations.list`, {
      method: "POST",
      headers: { authorization: "Bearer xoxb-firstparty" },
    });
    const listed: { channels: { id: string; name: string }[] } = await answer.json();
    return listed.channels.find(({ name }) => name === "general")?.id ?? "";
  };
  const general = await channelOf();
  const member = (value: Json | undefined, name: string): Json =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? (value[name] ?? null) : null;

  return {
    received,
    github: github.url,
    of: {
      http: { what: "a plain HTTP server of node:http", hosts: { "api.example.com:443": at(receiverPort) } },
      webhook: {
        what: "a plain HTTP server; signatures judged by svix",
        hosts: { "example.com:443": at(receiverPort) },
      },
      crypto: { what: "vectors of the RFCs; node:crypto and jose", hosts: {} },
      github: {
        what: "GitHub of emulate",
        hosts: { "github.test:80": at(portOf(github.url)) },
        connection: bearer(github.token, "http://github.test"),
        instead: {
          dispatch_workflow: {
            what: "a plain server that answers 204, as GitHub documents it: emulate has no workflows to start",
            hosts: { "github.test:80": at(receiverPort) },
          },
        },
      },
      slack: {
        what: "Slack of emulate",
        hosts: { "slack.test:80": at(portOf(slack.url)) },
        connection: bearer("xoxb-firstparty", "http://slack.test/api"),
        fill(action, input, earlier) {
          const ts = member(earlier.get("post_message"), "ts");
          return {
            ...input,
            ...(input.channel === undefined ? {} : { channel: general }),
            ...(action === "update_message" ? { ts } : {}),
            ...(action === "add_reaction" ? { timestamp: ts } : {}),
          };
        },
      },
      email: {
        what: "Resend of emulate",
        hosts: { "resend.test:80": at(portOf(resend.url)) },
        connection: bearer("re_firstparty", "http://resend.test"),
        instead: {
          send_with: {
            what: "a server that demands and answers what SendGrid's reference says",
            hosts: { "resend.test:80": at(mail.port) },
          },
        },
        fill(action, input, earlier) {
          if (action === "get") return { id: member(earlier.get("send"), "id") };
          return action === "cancel" ? { id: member(earlier.get("scheduled"), "id") } : input;
        },
      },
      openai: {
        what: "aimock",
        hosts: { "ai.test:80": at(portOf(model.url)) },
        connection: bearer("sk-firstparty", "http://ai.test/v1"),
      },
      postgres: {
        what: "our own front of Neon's protocol over PGlite (scripts/neon)",
        hosts: { "neon.test:80": at(neon.port) },
        connection: {
          id: "con_1",
          type: "API_KEY",
          config: { base_url: "http://neon.test" },
          values: { api_key: "postgresql://user:firstparty-password@neon.test/db" },
        },
      },
      s3: {
        what: "S3 of emulate",
        hosts: { "s3.test:80": at(portOf(aws.url)) },
        connection: {
          id: "con_1",
          type: "AWS_SIGV4",
          config: { base_url: "http://s3.test", region: "us-east-1" },
          values: {
            access_key_id: "AKIAIOSFODNN7EXAMPLE",
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
          },
        },
      },
    },
    async close() {
      receiver.closeAllConnections();
      receiver.close();
      mail.close();
      await Promise.all([
        github.emulator.close(),
        slack.close(),
        resend.close(),
        aws.close(),
        model.stop(),
        neon.close(),
      ]);
    },
  };
}
