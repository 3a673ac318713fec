import { receiptKeys } from "../../../../contracts/api/history.ts";
import type { OpenEndpoint } from "../../endpoint.ts";

export const receiptKeysRoute: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/.well-known/receipt-keys.json",
  tag: "platform",
  summary: "Public keys of receipts",
  description:
    "A JSON Web Key Set: the keys that receipts are, and were, signed with. Keep it beside your receipts. Empty where the platform signs none.",
  answers: { 200: { description: "The keys", schema: receiptKeys } },
  async handle({ ports }) {
    // Whoever verifies may be a page of any origin.
    const headers = { "cache-control": "public, max-age=300", "access-control-allow-origin": "*" };
    return { status: 200, body: ports.receiptKeys?.published ?? { keys: [] }, headers };
  },
};
