import type { ConnectorEntry } from "./entry.ts";

const payload = { type: "order.paid", order: 7 };
const secret = "{{ secrets.WEBHOOK_SECRET }}";

export const webhookEntry: ConnectorEntry = {
  about: `Messages to other systems' webhooks, signed by [Standard Webhooks](https://www.standardwebhooks.com), and the check of those that they send. The
secret (\`whsec_…\`) belongs in \`PUT /secrets/{name}\`.

\`webhook-id\` is equal over all attempts of a step, so the receiver can tell a repetition; the timestamp is the attempt's own. \`verify\` wants the body exactly as
it came: a parsed and rewritten body has another signature. A message that is not valid is an answer (\`valid: false\`) and no error. Webhooks that start
a workflow are checked at the trigger already and need no step.`,
  examples: [
    {
      action: "send",
      title: "A signed message",
      input: { url: "https://example.com/hooks/orders", payload, secret },
      output: { status: 200, headers: {}, body: "ok" },
    },
    {
      action: "post",
      title: "Without a signature",
      input: {
        url: "https://example.com/hooks/orders",
        payload,
        headers: { authorization: "{{ secrets.HOOK_TOKEN }}" },
      },
      output: { status: 200, headers: {}, body: "ok" },
    },
    {
      action: "sign",
      title: "To send it yourself",
      input: { payload, secret, id: "msg_1" },
      output: {
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": "1795935600",
          "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        body: '{"type":"order.paid","order":7}',
      },
    },
    {
      action: "verify",
      title: "An old message",
      input: {
        payload: '{"type":"order.paid","order":7}',
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": "1614265330",
          "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        secret,
      },
      output: { valid: false, reason: "Message timestamp too old" },
    },
  ],
};
