import type { ConnectorEntry } from "./entry.ts";

export const slackEntry: ConnectorEntry = {
  about: `Messages, channels and people of a Slack workspace.

**Connection.** A bot token as BEARER: \`{"type": "BEARER", "values": {"token": "xoxb-…"}}\`. Scopes: \`chat:write\`, \`channels:read\`, \`users:read.email\`,
\`reactions:write\`, as far as you use them. \`incoming_webhook\` needs none: its URL is the credential, so keep it as a secret.

Slack answers 200 to everything; what went wrong (\`channel_not_found\`, \`not_in_channel\` …) fails the step with BACKEND_ERROR and
\`details.upstream_code\`. A message that may have been posted (no answer in time, a connection that broke, 504) is not
posted again; 502 and 503, which say that Slack was not reached, are tried again.`,
  examples: [
    {
      action: "post_message",
      title: "A message",
      input: { channel: "C000000001", text: "Build *green*" },
      output: { ok: true, channel: "C000000001", ts: "1795935600.000100", message: { text: "Build *green*" } },
    },
    {
      action: "update_message",
      title: "Change it",
      input: { channel: "C000000001", ts: "1795935600.000100", text: "Build *red*" },
      output: { ok: true, channel: "C000000001", ts: "1795935600.000100" },
    },
    {
      action: "add_reaction",
      title: "Seen",
      input: { channel: "C000000001", timestamp: "1795935600.000100", name: "eyes" },
      output: { ok: true },
    },
    {
      action: "list_channels",
      title: "All public channels",
      input: { limit: 2 },
      output: {
        ok: true,
        channels: [{ id: "C000000001", name: "general", is_archived: false }],
        response_metadata: { next_cursor: "C000000003" },
      },
    },
    {
      action: "lookup_user_by_email",
      title: "Who is it?",
      input: { email: "dev@example.com" },
      output: { id: "U000000001", name: "developer", profile: { email: "dev@example.com" } },
    },
    {
      action: "incoming_webhook",
      title: "Without a token",
      input: { url: "{{ secrets.SLACK_WEBHOOK }}", text: "Deployed" },
      output: { status: 200, headers: {}, body: "ok" },
    },
  ],
};
