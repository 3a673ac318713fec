import { expect, test } from "vitest";
import type { CheckedClient } from "./checked-client.ts";

/* Content that was altered where it is stored: cases for a platform that the file shares. */

interface Given {
  call: CheckedClient;
  publish(by: string, body: object): Promise<void>;
  key(): string;
  /** The platform's own database. */
  sql(): (text: TemplateStringsArray, ...values: unknown[]) => Promise<unknown>;
}

function taking(name: string, version: string, ...members: string[]) {
  return {
    connector: { name, namespace: "altered", version, description: "d" },
    actions: [
      {
        name: "go",
        input: { type: "object", properties: Object.fromEntries(members.map((member) => [member, {}])) },
        handler: { http: { url: "https://example.com", method: "POST" } },
      },
    ],
  };
}

export function alteredVersions({ call, publish, key, sql }: Given): void {
  /** Before anybody has read it: an isolate keeps what it has read. */
  async function publishAltered(name: string, version: string, ...members: string[]): Promise<void> {
    await publish(key(), taking(name, version, ...members));
    await sql()`update connector_versions set manifest = replace(manifest, 'example.com', 'exanple.com')
      where namespace = 'altered' and name = ${name} and version = ${version}`;
  }

  test("a version that was altered in storage is replaced by a new one of the same major number", async () => {
    await publishAltered("vault", "1.0.0");
    const workflow = { name: "altered", steps: [{ id: "s", connector: "connector:altered/vault@1", action: "go" }] };
    const refused = await call(key(), "POST", "/workflows", { body: workflow });
    expect(refused).toMatchObject({ status: 400 });
    expect(refused.text).toContain("Publish a new version");
    await publish(key(), taking("vault", "1.0.1"));
    expect((await call(key(), "POST", "/workflows", { body: workflow })).status).toBe(201);
  });

  test("the last version that can be read says what a new one must go on taking", async () => {
    await publish(key(), taking("chest", "1.0.0", "city"));
    for (const version of ["1.3.0", "1.1.0"]) await publishAltered("chest", version, "city");
    expect(await call(key(), "POST", "/connectors", { body: taking("chest", "1.2.0", "town") })).toMatchObject({
      status: 400,
      body: { details: { constraint: expect.stringContaining("(1.0.0 → 1.2.0 is not a new major version)") } },
    });
    await publish(key(), taking("chest", "1.2.0", "city"));
  });
}
