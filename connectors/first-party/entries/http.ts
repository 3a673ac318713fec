import type { ConnectorEntry } from "./entry.ts";

const headers = { "content-type": "application/json" };

export const httpEntry: ConnectorEntry = {
  about: `Plain requests to anywhere public, without a connector of your own. The answer is \`{status, headers, body}\`, with JSON parsed; 4xx and 5xx fail the
step unless \`expected_status\` lists them. \`headers\` and \`auth\` may hold secrets (\`{{ secrets.NAME }}\`): they are put in at the moment of the request
and masked in what comes back. Private, loopback and metadata addresses are refused, redirects are checked again and lose the
credentials at another origin.

A body that is no JSON comes as text, or as \`{base64, content_type, size}\`: in this form it can be sent on, as a \`body_type: binary\` body or as a
file of a \`multipart\` one. \`pagination\` fetches page after page in one attempt, and gives the items of all of them.

When several workflows call the same service, write a connector for it: its connection, retries and schemas then stand in one place.`,
  examples: [
    {
      action: "get",
      title: "With a query and a token",
      input: {
        url: "https://api.example.com/orders",
        query: { status: "open", page: 2 },
        auth: { type: "bearer", token: "{{ secrets.API_TOKEN }}" },
      },
      output: { status: 200, headers, body: { method: "GET", path: "/orders?status=open&page=2", authorized: true } },
    },
    {
      action: "get",
      title: "All pages of a list",
      input: {
        url: "https://api.example.com/numbers",
        pagination: { type: "page", items: "$.items", limit: 2, max_pages: 5 },
      },
      output: { status: 200, headers, body: [1, 2, 3, 4, 5], pages: 3, has_more: false },
    },
    {
      action: "get",
      title: "A picture",
      input: { url: "https://api.example.com/picture.png" },
      output: {
        status: 200,
        headers: { "content-type": "image/png" },
        body: { base64: "iVBORw0KGgo=", content_type: "image/png", size: 8 },
      },
    },
    {
      action: "head",
      title: "Is it there?",
      input: { url: "https://api.example.com/orders/7" },
      output: { status: 200, headers, body: null },
    },
    {
      action: "post",
      title: "JSON",
      input: { url: "https://api.example.com/orders", body: { sku: "a", count: 1 } },
      output: { status: 200, headers, body: { method: "POST", path: "/orders", sent: '{"sku":"a","count":1}' } },
    },
    {
      action: "post",
      title: "A form with a file",
      input: {
        url: "https://api.example.com/uploads",
        body_type: "multipart",
        body: { title: "Prices", file: { filename: "prices.csv", content_type: "text/csv", text: "sku,price\na,3\n" } },
      },
      output: {
        status: 200,
        headers,
        body: {
          method: "POST",
          path: "/uploads",
          parts: { title: "Prices", file: { filename: "prices.csv", type: "text/csv", text: "sku,price\na,3\n" } },
        },
      },
    },
    {
      action: "put",
      title: "Bytes",
      input: {
        url: "https://api.example.com/files/1",
        body_type: "binary",
        body: { base64: "aGVsbG8=", content_type: "text/plain" },
      },
      output: { status: 200, headers, body: { method: "PUT", path: "/files/1", sent: "hello" } },
    },
    {
      action: "put",
      title: "Text",
      input: { url: "https://api.example.com/notes/1", body: "a note", body_type: "text" },
      output: { status: 200, headers, body: { method: "PUT", path: "/notes/1", sent: "a note" } },
    },
    {
      action: "patch",
      title: "A form",
      input: { url: "https://api.example.com/orders/7", body: { count: 2 }, body_type: "form" },
      output: { status: 200, headers, body: { method: "PATCH", path: "/orders/7", sent: "count=2" } },
    },
    {
      action: "delete",
      title: "Gone already is as good",
      input: { url: "https://api.example.com/missing", expected_status: [404] },
      output: { status: 404, headers, body: { method: "DELETE", path: "/missing" } },
    },
    {
      action: "request",
      title: "Any method",
      input: { url: "https://api.example.com/orders", method: "OPTIONS" },
      output: { status: 200, headers, body: { method: "OPTIONS", path: "/orders" } },
    },
  ],
};
