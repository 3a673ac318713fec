import { expect, test } from "vitest";
import { ANY_CONNECTOR } from "./me-connector.ts";

type Api = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;

/** Connections that a connector does not take, and calls that find none: cases for a platform that has `acme/me`. */
export function unfitConnections(api: Api): void {
  test("an OAUTH2 connection without a client is refused where it is made", async () => {
    expect(
      (await api("POST", "/connections", { connector: "acme/me", name: "n", type: "OAUTH2", values: {} })).status,
    ).toBe(400);
  });

  test("a connection of another type than the connector declares, or with values it does not take, is neither made nor changed", async () => {
    const problems = async (method: string, path: string, body: object) => {
      const refused = await api(method, path, body);
      expect(refused).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
      return refused.body;
    };
    const post = (type: string, values: object) => ({ connector: "acme/me", name: "unfit", type, values });
    expect(await problems("POST", "/connections", post("API_KEY", { api_ky: "a" }))).toMatchObject({
      details: {
        problems: [{ path: "/type" }, { path: "/values/api_ky", suggestion: "api_key" }, { path: "/values/api_key" }],
      },
    });
    const computed = await problems("POST", "/connections", post("BEARER", { token: "{{ secrets.A | upper }}" }));
    expect(JSON.stringify(computed)).toContain("no filters");
    const shown = { token: "t", base_url: "https://${secrets.A}.example.com" };
    expect(JSON.stringify(await problems("POST", "/connections", post("BEARER", shown)))).toContain("is shown");
    const made = await api("POST", "/connections", post("BEARER", { token: "a-token-that-fits" }));
    expect(made.status).toBe(201);
    const path = `/connections/${made.body.id}`;
    expect(await problems("PATCH", path, { type: "BASIC", values: { user: "u" } })).toMatchObject({
      details: { field: "type" },
    });
    expect(await problems("PATCH", path, { values: { tokn: "a" } })).toMatchObject({
      details: { field: "values.tokn" },
    });
    expect((await api("PATCH", path, { values: { token: "another-token" } })).status).toBe(200);
    expect((await api("DELETE", path)).status).toBe(200);
  });

  test("of two connections without a default, a call is told their names, and /execute uses the one it names", async () => {
    expect(
      (await api("POST", "/connectors", { ...ANY_CONNECTOR, connector: { ...ANY_CONNECTOR.connector, name: "two" } }))
        .status,
    ).toBe(201);
    await api("PUT", "/secrets/CANARY", { value: "a-canary-of-two" });
    for (const name of ["blue", "green"])
      expect(
        (
          await api("POST", "/connections", {
            connector: "acme/two",
            name,
            type: "BEARER",
            values: { token: `token-of-${name}` },
          })
        ).status,
      ).toBe(201);
    const calls = (more: object) => api("POST", "/execute", { action: "acme/two.echo", ...more });
    expect((await calls({ connection: "green" })).status).toBe(200);
    expect((await calls({ connection: "{{ secrets.CANARY }}" })).body).toMatchObject({
      message: expect.stringContaining('but "blue", "green": name one `default`'),
    });
  });
}
