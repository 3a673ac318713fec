import { neon, neonConfig } from "@neondatabase/serverless";
import { expect, test } from "vitest";
import { byHand } from "../support/by-hand.ts";
import type { McpServers } from "./mcp-servers.ts";

interface Answer {
  status: number;
  body: { execution_id: string; status?: string; message?: string };
  text: string;
}

interface World {
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  publish(name: string, more: object): Promise<Answer>;
  call(action: string): Promise<Answer>;
  /** Address of one that keeps sessions, which `session` is a connector of. */
  server: string;
  servers(): McpServers;
  databasePort(): number;
}

/** What MCP servers are told besides a tool's arguments, and what they tell before its result: cases for a platform that the file shares. */
export function toldServers({ ask, publish, call, server, servers, databasePort }: World): void {
  test("progress of a tool is progress of its step", async () => {
    const parts = Array.from({ length: 4 }, byHand);
    servers().afterPart = async (part) => parts[part - 1]?.promise;
    const steps = [{ id: "it", connector: "tides/stateless", action: "slow", input: { ms: 800 } }];
    const started = await ask("POST", "/workflows/executions", { definition: { name: "Slow tide", steps } });
    const path = `/workflows/executions/${started.body.execution_id}`;
    const told = async (): Promise<unknown[]> => {
      const { data }: { data: { type: string }[] } = JSON.parse((await ask("GET", `${path}/events`)).text);
      return data.filter(({ type }) => type === "step.progress");
    };
    const seen: object[] = [];
    // Of what comes at once only the newest is recorded: a part is told of when the one before has been read.
    for (const [index, part] of parts.entries()) {
      seen.push({ percent: (index + 1) * 25, message: `part ${index + 1}` });
      await expect.poll(told).toMatchObject(seen);
      part.resolve();
    }
    servers().afterPart = async () => {};
    expect((await ask("GET", `${path}?wait=20`)).body.status).toBe("completed");
    expect(await told()).toMatchObject(seen);
  });

  test("a server is told of a call its ids, and of the run what its connector declares and nothing more", async () => {
    expect((await ask("PUT", "/env/TIDE_STATION", { value: "north" })).status).toBe(200);
    const more = { context: ["environment"], runtime: { environment: ["TIDE_STATION"] } };
    expect((await publish("told", { server: server, ...more })).status).toBe(201);
    for (const name of ["told", "session"]) {
      servers().seen.length = 0;
      const { execution_id } = (await call(`${name}.count`)).body;
      const told = servers().seen.find(({ rpc }) => rpc?.method === "tools/call")?.rpc?.params?._meta?.[
        "smartify/context"
      ];
      expect(told).toMatchObject({ execution_id, attempt: 1, execution_mode: "cloud", deadline: expect.any(String) });
      expect(told).toMatchObject({ resources: { cpu: "0.5", memory: "512MB", storage: { bandwidth: "10MB/s" } } });
      const { environment, inputs } = told as Record<string, unknown>;
      expect({ environment, inputs }).toEqual({ environment: name === "told" ? { TIDE_STATION: "north" } : undefined });
    }
  });

  test("a refresh of a file that an earlier release took, and this one refuses, says what to write into it", async () => {
    const at = server.replace("/session", "/stateless");
    expect((await publish("older", { server: at })).status).toBe(201);
    neonConfig.fetchEndpoint = () => `http://127.0.0.1:${databasePort()}/sql`;
    const before = `{"url":"${at}","headers":{"x-key":"\${secrets.OLD_KEY}"}}`;
    const rows = await neon("postgres://a:b@c/d").query(
      "update connector_versions set source = replace(source, $1, $2) where name = 'older' returning source",
      [JSON.stringify(at), before],
    );
    expect(rows).toEqual([{ source: expect.stringContaining(before) }]);
    expect((await ask("POST", "/plugins/older/refresh")).body).toMatchObject({ status: "unchanged" });
    servers().extraTools = ["surge"];
    const refused = await ask("POST", "/plugins/older/refresh");
    servers().extraTools = [];
    expect(refused.status).toBe(400);
    expect(refused.body.message).toContain("Add {name: OLD_KEY, secret: true} to runtime.environment");
    expect(refused.body.message).toContain("publish it as a higher version, by PUT /plugins/older");
  });
}
