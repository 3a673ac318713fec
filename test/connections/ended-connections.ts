import { describe, expect, test, vi } from "vitest";
import type { OAuthProvider } from "./oauth-provider.ts";

interface Tools {
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  create(name: string): Promise<string>;
  /** Somebody consents for a connection. */
  consented(id: string): Promise<void>;
  /** Somebody follows a connect link, consents and comes back. */
  connect(link: string): Promise<void>;
  run(definition: object): Promise<unknown>;
  idpOf(): OAuthProvider;
}

/** OAUTH2 connections that are changed or deleted while somebody needs them: cases for the platform of a file. */
export function endedConnections({ api, create, consented, connect, run, idpOf }: Tools): void {
  const me = (connection: unknown, more: object = {}) => ({
    name: "Me",
    steps: [
      { id: "me", connector: "connector:acme/me@1", action: "get", connection, retry: { max_attempts: 1 }, ...more },
    ],
  });
  const shown = async (path: string) => (await api("GET", path)).body;

  async function until(id: string, record: object): Promise<Record<string, unknown>> {
    return vi.waitFor(
      async () => {
        const found = await shown(`/workflows/executions/${id}`);
        expect(found).toMatchObject(record);
        return found;
      },
      { timeout: 30_000, interval: 100 },
    );
  }

  /** The grant of the token that was used last ends at the provider. */
  async function endGrant(): Promise<void> {
    const { provider, seen } = idpOf();
    const token = await provider.AccessToken.find([...seen].at(-1) ?? "");
    await (await provider.Grant.find(String(token?.grantId)))?.destroy();
    await token?.destroy();
  }

  describe("a consent", () => {
    test("is kept where a change of its connection is refused, and is over when one is made", async () => {
      const id = await create("unchanged");
      await create("taken");
      await consented(id);
      const values = { client_id: "app", client_secret: "app-s3cr3t-of-client" };
      expect((await api("PATCH", `/connections/${id}`, { name: "taken", values })).status).toBe(409);
      expect(await shown(`/connections/${id}`)).toMatchObject({ status: "connected" });
      expect(await run(me("unchanged"))).toMatchObject({ status: "completed" });
      expect((await api("PATCH", `/connections/${id}`, { values })).status).toBe(200);
      expect(await shown(`/connections/${id}`)).toMatchObject({ status: "pending" });
    });

    test("by the same link makes a person's connection anew that is deleted while an execution waits for it", async () => {
      const definition = me({ end_user: "user-30" }, { on_missing_connection: "wait", connection_timeout: "10m" });
      const values = { client_id: "app", client_secret: "app-s3cr3t-of-client" };
      // The connector's default connection: another case may have made it.
      await api("POST", "/connections", { connector: "acme/me", name: "default", type: "OAUTH2", values });
      const link = await api("POST", "/connections/links", { connector: "acme/me", end_user: "user-30" });
      await connect(String(link.body.connect_url));
      const { data } = await shown("/connections?connector=acme/me&end_user=user-30");
      const [known] = data as { id: string }[];
      expect(await run(definition)).toMatchObject({ status: "completed" });
      await endGrant();
      const started = await api("POST", "/workflows/executions", { definition });
      const id = String(started.body.execution_id);
      const { waiting_for } = await until(id, { status: "waiting", waiting_for: { end_user: "user-30" } });
      expect((await api("DELETE", `/connections/${known?.id}`)).status).toBe(200);
      await connect((waiting_for as { connect_url: string }).connect_url);
      await until(id, { status: "completed" });
    });
  });
}
