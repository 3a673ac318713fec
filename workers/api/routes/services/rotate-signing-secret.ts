import { rotatedSigningSecret } from "../../../../contracts/api/services.ts";
import { rotateSigningSecret } from "../../../services/registration/signing-secret.ts";
import { ofConnector } from "../plugins/both-families.ts";

export const rotateSigningSecretRoute = ofConnector(
  "/signing-secret/rotate",
  {
    method: "post",
    tag: "services",
    summary: "Rotate the secret that signs calls to a connector's service",
    description: "The old secret signs beside the new one for 24 hours.",
    scope: "connectors:write",
    answers: { 200: { description: "The new secret", schema: rotatedSigningSecret } },
    refusals: ["NOT_FOUND"],
  },
  async (slug, { context }) => {
    const rotated = await rotateSigningSecret(context, slug);
    return rotated.ok ? { status: 200, body: rotated.value } : rotated;
  },
);
