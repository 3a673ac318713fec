import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import type { CheckedClient } from "./checked-client.ts";

interface World {
  call: CheckedClient;
  publish(by: string, body: object): Promise<void>;
  /** Keys of two tenants. */
  publisher(): string;
  other(): string;
}

const workflow = (connector: string) => ({ name: "Consent", steps: [{ id: "s", connector, action: "go" }] });

/** To whom a secret is given that has no scope: cases for a platform that the file shares. */
export function consentedSecrets({ call, publish, publisher, other }: World): void {
  describe("a secret without a scope", () => {
    const sending = (version: string, secrets: string[]): object => ({
      connector: {
        name: "asking",
        namespace: "consent",
        version,
        description: "d",
        visibility: "public",
        runtime: { environment: secrets.map((name) => ({ name, secret: true })) },
      },
      actions: [
        {
          name: "go",
          handler: {
            http: {
              url: "http://nobody.test/",
              method: "GET",
              headers: Object.fromEntries(secrets.map((name) => [`x-${name.toLowerCase()}`, `\${secrets.${name}}`])),
            },
          },
        },
      ],
    });
    const problems = async (by: string, connector: string) => {
      const { body } = await call(by, "POST", "/workflows/validate", { body: workflow(connector) });
      return (body.problems as unknown as JsonObject[]).map(
        ({ path, message }) => `${String(path)} ${String(message)}`,
      );
    };

    test("is not given to a version of another tenant's connector that asks for more than the installed one did", async () => {
      await publish(publisher(), sending("1.0.0", ["SMALL"]));
      await publish(publisher(), sending("1.1.0", ["SMALL", "LARGE"]));
      const install = (version: string) =>
        call(other(), "POST", "/plugins/consent--asking/install", { body: { version } });
      expect((await install("1.0.0")).body).toMatchObject({ version: "1.0.0", secrets: ["SMALL"], env: [] });
      expect(await problems(other(), "connector:consent/asking")).toEqual([]);
      for (const range of ["^1.0.0", "1.1.0"])
        expect(await problems(other(), `connector:consent/asking@${range}`)).toEqual([
          '/steps/0/connector "consent/asking" 1.1.0 asks for secrets that the installed 1.0.0 does not: LARGE. Install 1.1.0 to let it have them.',
        ]);
      const { status, body } = await call(other(), "POST", "/execute", {
        body: { action: "consent/asking@1.go", input: {} },
      });
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining("LARGE")]);
      // Its publisher knows what it asks for, and so does who has installed it.
      expect(await problems(publisher(), "connector:consent/asking@^1.0.0")).toEqual([]);
      expect((await install("1.1.0")).body).toMatchObject({ secrets: ["LARGE", "SMALL"] });
      expect(await problems(other(), "connector:consent/asking@^1.0.0")).toEqual([]);
    });

    test("is not sent to another host by a version that nobody installed, which is given no more of a run either", async () => {
      const going = (version: string, url: string, context: unknown[]): object => {
        const file = sending(version, ["SMALL"]) as { connector: object; actions: { handler: { http: object } }[] };
        const [action] = file.actions;
        const http = { ...action?.handler.http, url };
        return {
          connector: { ...file.connector, name: "going", context },
          actions: [{ ...action, handler: { http } }],
        };
      };
      await publish(publisher(), going("1.0.0", "http://nobody.test/", ["inputs"]));
      await publish(publisher(), going("1.0.1", "http://nobody.test/other", ["inputs"]));
      await publish(publisher(), going("1.0.2", "http://somebody.test/", ["inputs", { previous_steps: ["a"] }]));
      const install = (version: string) =>
        call(other(), "POST", "/plugins/consent--going/install", { body: { version } });
      await install("1.0.0");
      expect(await problems(other(), "connector:consent/going@1.0.1")).toEqual([]);
      expect(await problems(other(), "connector:consent/going@^1.0.0")).toEqual([
        '/steps/0/connector "consent/going" 1.0.2 sends to hosts that the installed 1.0.0 does not: somebody.test, and is given more of a run than the installed 1.0.0: results of a. Install 1.0.2 to let it have them.',
      ]);
      expect(await problems(publisher(), "connector:consent/going@^1.0.0")).toEqual([]);
      await install("1.0.2");
      expect(await problems(other(), "connector:consent/going@^1.0.0")).toEqual([]);
    });

    test("is not named by a connector that does not declare it: publishing says where", async () => {
      const raw = `connector: {name: undeclared, namespace: consent, version: 1.0.0}
actions:
  - name: go
    handler:
      http:
        url: https://a.example
        method: GET
        headers: { a: "\${secrets.SOMEBODYS}" }
`;
      const { status, body } = await call(publisher(), "POST", "/connectors", {
        raw,
        type: "application/yaml",
      });
      expect(status).toBe(400);
      expect(body).toMatchObject({
        details: { problems: [{ path: "/actions/0/handler/http/headers/a", line: 8, column: 23 }] },
      });
    });
  });
}
