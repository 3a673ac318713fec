import { describe, expect, test } from "vitest";

type Api = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;

/** MTLS against `https://bank.test`, on a platform that has a certificate named `bank`: cases for the platform of a file. */
export function clientCertificates(api: Api): void {
  describe("an MTLS connection", () => {
    const mtls = (name: string, values: object) =>
      api("POST", "/connections", { connector: "acme/bank", name, type: "MTLS", values });

    test("names a certificate that the deployment has for its tenant; a certificate that is sent is refused, and not kept", async () => {
      const connector = {
        type: "connector",
        kind: "http",
        name: "bank",
        namespace: "acme",
        version: "1.0.0",
        displayName: "Bank",
        description: "d",
      };
      const action = (name: string, path: string) => ({
        name,
        description: "a",
        input: {},
        handler: { http: { url: `https://bank.test${path}`, method: "GET", style: "direct" } },
      });
      const made = await api("POST", "/plugins", {
        connector,
        auth: { type: "mtls", test: "who" },
        actions: [action("who", "/who"), action("away", "/away")],
      });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      const pem = "-----BEGIN PRIVATE KEY-----";
      for (const values of [{ cert: "c", key: pem }, { certificate: pem }, {}]) {
        const refused = await mtls("pasted", values);
        expect(refused).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
        expect(JSON.stringify(refused.body)).toContain("mtls_certificates");
        expect(JSON.stringify(refused.body)).not.toContain(pem);
      }
      for (const certificate of ["of-others", "nowhere"])
        expect(JSON.stringify((await mtls("foreign", { certificate })).body)).toContain(
          `no client certificate \\"${certificate}\\"`,
        );
      const kept = await mtls("default", { certificate: "bank" });
      expect(kept).toMatchObject({ status: 201, body: { config: { certificate: "bank" }, status: "connected" } });
      expect((await api("POST", `/connections/${kept.body.id}/test`)).body).toMatchObject({
        ok: true,
        checked: "call",
      });
    });

    const asks = (action: string, mode = "async") => ({
      definition: {
        name: "Bank",
        steps: [{ id: "b", connector: "connector:acme/bank@1", action, retry: { max_attempts: 1 } }],
        outputs: { body: "{{ steps.b.output }}" },
      },
      execution_mode: mode,
    });
    async function ended(body: object) {
      const started = await api("POST", "/workflows/executions", body);
      return (await api("GET", `/workflows/executions/${started.body.execution_id}?wait=50`)).body;
    }

    test("shows its certificate to the service that it is for, and to none that this one redirects to", async () => {
      const asked = await ended(asks("who"));
      expect(asked, JSON.stringify(asked)).toMatchObject({ status: "completed" });
      expect(JSON.stringify(asked.result)).toContain("smartify-client");
      // The echo has no TLS: it hears a plain request.
      expect(await ended(asks("away"))).toMatchObject({ status: "completed" });
    });

    test("cannot be used by an isolated execution, which says so", async () => {
      const failed = await ended(asks("who", "isolated"));
      expect(failed).toMatchObject({
        status: "failed",
        error: { code: "UNAVAILABLE", details: { reason: "connection" } },
      });
      expect(JSON.stringify(failed.error)).toContain("isolated execution");
    });
  });
}
