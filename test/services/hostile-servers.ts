import type { ServerResponse } from "node:http";
import type { Script } from "./mcp-servers.ts";

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: "object" }, ...more });

function nested(levels: number): object {
  return levels === 0 ? { type: "string" } : { type: "object", properties: { a: nested(levels - 1) } };
}

/** Lists of tools that are refused, and a part of the reason. */
const bombs: [string, Script, string][] = [
  ["many", { tools: Array.from({ length: 500 }, (_, n) => tool(`t${n}`)) }, "more than 200 tools"],
  ["deep", { tools: [tool("deep", { inputSchema: nested(60) })] }, "nests deeper"],
  [
    "long",
    { tools: [tool("long", { inputSchema: { type: "object", description: "x".repeat(70_000) } })] },
    "longer than",
  ],
  [
    "outside",
    {
      tools: [
        tool("ref", { inputSchema: { type: "object", properties: { a: { $ref: "http://169.254.169.254/x" } } } }),
      ],
    },
    "input schema",
  ],
  ["huge", { tools: [tool("huge", { description: "x".repeat(5_000_000) })] }, "larger than"],
];

/** What a hostile server does when its tool `go` is called. */
const answers: Record<string, Script> = {
  endless: {
    tools: [tool("go")],
    call: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(": still here\n\n"), 50);
      response.on("close", () => clearInterval(timer));
    },
  },
  flood: {
    tools: [tool("go")],
    call: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(`"${"x".repeat(7_000_000)}`);
    },
  },
  noise: {
    tools: [tool("go")],
    call: (response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<h1>hello</h1>");
    },
  },
  moved: {
    tools: [tool("go")],
    call: (response) => void response.writeHead(307, { location: "http://169.254.169.254/latest" }).end(),
  },
  gateway: { tools: [tool("go")], call: (response) => void response.writeHead(504).end("no answer in time") },
  cut: { tools: [tool("go")], call: (response) => void response.destroy() },
};

/** Says 400 times how far it is, with bells. */
const chatty: Script = {
  tools: [tool("go", { annotations: { readOnlyHint: true } })],
  call: (response: ServerResponse, id) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const say = (message: object) =>
      response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
    for (let n = 0; n < 400; n += 1) {
      const params = { progressToken: id, progress: n, total: 400, message: "\u0007".repeat(300) };
      say({ method: "notifications/progress", params });
    }
    say({ id, result: { content: [{ type: "text", text: "over" }] } });
    response.end();
  },
};

/** Servers that mean no good. */
export const HOSTILE = { tool, bombs, answers, chatty };
