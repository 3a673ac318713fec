import { expect, test } from "vitest";
import { deploymentPolicy } from "../../../connectors/egress/deployment-policy.ts";
import { seal } from "../../../vault/vault.ts";
import { sendTelemetry } from "./send-telemetry.ts";

const MASTER_KEY = btoa("m".repeat(32));
const POLICY = deploymentPolicy({ ENVIRONMENT_NAME: "production", PUBLIC_URL: "https://api.smartify.dev" });
const CANARY = "canary/Collector+77";

test("a collector that refuses, and says what it was sent, leaves no part of a header in the message, wherever that is cut", async () => {
  const place = { tenantId: "ten_a", purpose: "telemetry", id: "live" };
  const sealedHeaders = await seal(MASTER_KEY, place, JSON.stringify({ authorization: `Bearer ${CANARY}` }));
  for (let kept = 1; kept < CANARY.length; kept += 1) {
    for (const form of [CANARY, encodeURIComponent(CANARY), btoa(CANARY)]) {
      const echo = `${"p".repeat(500 - kept)}${form}${"q".repeat(600)}`;
      const answer = await sendTelemetry(
        {
          tenantId: "ten_a",
          environment: "live",
          url: "https://93.184.216.34/v1/traces",
          sealedHeaders,
          body: "{}",
        },
        {
          masterKey: MASTER_KEY,
          policy: POLICY,
          fetch: async () => new Response(echo, { status: 400 }),
          now: Date.now,
        },
      );
      expect(answer).toMatchObject({ status: 400, message: expect.stringContaining("answered 400: ppp") });
      // Three letters tell nothing.
      expect(answer.message, `${kept} kept`).not.toContain(form.slice(0, 4));
    }
  }
});
