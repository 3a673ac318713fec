import type { ConnectorEntry } from "./entry.ts";

const place = { bucket: "reports", key: "2026/11/sales report.csv" };
const etag = '"9bb58f26192e4ba00f01e2e7b136bbd8"';

export const s3Entry: ConnectorEntry = {
  about: `Objects of Amazon S3, Cloudflare R2, MinIO and everything else that speaks S3. Requests are signed by AWS Signature Version 4, body included.

**Connection.** \`{"type": "AWS_SIGV4", "values": {"access_key_id": "AKIA…", "secret_access_key": "…", "region": "eu-central-1"}}\`, a \`session_token\` where the
credentials are temporary; another provider by \`base_url\` (\`https://ACCOUNT.r2.cloudflarestorage.com\`, region \`auto\`).

Buckets stand in the path. Objects are read and written whole, up to 6 MiB and the payload limit of your tenant; for more, give \`presign\`'s URL to
whoever has the bytes. **A presigned URL is a credential** and stands in the record of the run: keep its time short.`,
  examples: [
    {
      action: "put_object",
      title: "A text",
      input: { ...place, body: "sku,count\na,1\n", content_type: "text/csv", metadata: { source: "smartify" } },
      output: { etag, version_id: null },
    },
    {
      action: "get_object",
      title: "And back",
      input: place,
      output: {
        body: "sku,count\na,1\n",
        content_type: "text/csv",
        etag,
        last_modified: "Sun, 29 Nov 2026 08:00:00 GMT",
      },
    },
    {
      action: "list_objects",
      title: "A folder",
      input: { bucket: "reports", prefix: "2026/", delimiter: "/" },
      output: { objects: [], prefixes: ["2026/11/"], truncated: false, next_token: null },
    },
    {
      action: "presign",
      title: "Ten minutes to download it",
      input: { ...place, expires_in_seconds: 600 },
      output: {
        url: "https://s3.eu-central-1.amazonaws.com/reports/2026/11/sales%20report.csv?X-Amz-Expires=600&X-Amz-Signature=…",
        expires_at: "2026-11-29T08:10:00.000Z",
      },
    },
    { action: "delete_object", title: "Gone", input: place, output: { deleted: true } },
  ],
};
