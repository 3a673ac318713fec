import { expect, test } from "vitest";

/** What the file that shares its platform has. */
interface Given {
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  create(name: string): Promise<string>;
  /** Goes to the provider by a link, and consents, and does not come back. */
  consent(link: string): Promise<unknown>;
  connect(link: string): Promise<void>;
  /** A call by that person's connection. */
  run(endUser: string): Promise<unknown>;
}

interface Listed {
  id: string;
  name: string;
}

/** Connections of end users, and the client of the connector's shared one: cases for a platform that the file shares. */
export function followedClients({ api, create, consent, connect, run }: Given): void {
  const listed = async (query: string) =>
    (await api("GET", `/connections?connector=acme/me&limit=100${query}`)).body.data as Listed[];

  test("who is not connected yet is connected with the client that the shared connection has when their link is followed", async () => {
    const id = (await listed("")).find(({ name }) => name === "default")?.id ?? (await create("default"));
    const own = async () => (await listed("&end_user=user-20"))[0];
    const link = async () =>
      String((await api("POST", "/connections/links", { connector: "acme/me", end_user: "user-20" })).body.connect_url);
    const change = async (client: string) => {
      const values = { client_id: client, client_secret: `${client}-s3cr3t-of-client` };
      expect((await api("PATCH", `/connections/${id}`, { values })).status).toBe(200);
    };
    await consent(await link());
    expect(await own()).toMatchObject({ status: "pending", config: { client_id: "app" } });
    await change("newer-app");
    await connect(await link());
    expect(await own()).toMatchObject({ status: "connected", config: { client_id: "newer-app" } });
    expect(await run("user-20")).toMatchObject({ status: "completed" });
    // One that is connected stays as it is, whatever the shared one becomes.
    await change("app");
    expect(await run("user-20")).toMatchObject({ status: "completed" });
  });

  test("a change of a name, or to the type that it has, takes nobody's consent away", async () => {
    const [own] = await listed("&end_user=user-20");
    const patch = { type: "OAUTH2", name: "of user 20" };
    expect((await api("PATCH", `/connections/${own?.id}`, patch)).status).toBe(200);
    expect((await listed("&end_user=user-20"))[0]).toMatchObject({ status: "connected", name: "of user 20" });
    expect(await run("user-20")).toMatchObject({ status: "completed" });
  });
}
