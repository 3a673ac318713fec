import type { Language } from "./code-plugin.ts";

/** What somebody may try, and how it must end. */
export interface Attempt {
  language: Language;
  expression: string;
  /** The error's code, and the limit or part of the message; or the harmless value. */
  ends: { code: string; limit?: string; says?: string } | { value: unknown };
}

const TOO_LONG = { code: "TIMEOUT" };
const TOO_MUCH = { code: "VALIDATION", limit: "memory" };
const TOO_DEEP = { code: "VALIDATION", limit: "depth" };
const TOO_LARGE = { code: "PAYLOAD_TOO_LARGE", limit: "payload_bytes" };
const missing = (name: string) => ({ code: "VALIDATION", says: `'${name}' is not defined` });

function js(expression: string, ends: Attempt["ends"]): Attempt {
  return { language: "javascript", expression, ends };
}
function jq(expression: string, ends: Attempt["ends"]): Attempt {
  return { language: "jq", expression, ends };
}
function jsonata(expression: string, ends: Attempt["ends"]): Attempt {
  return { language: "jsonata", expression, ends };
}

/** Ways to what the Worker around it has. */
const WAYS_OUT: Attempt[] = [
  js("return fetch('http://127.0.0.1/')", missing("fetch")),
  js("return new XMLHttpRequest()", missing("XMLHttpRequest")),
  js("return new WebSocket('ws://127.0.0.1/')", missing("WebSocket")),
  js("return process.env", missing("process")),
  js("return require('node:fs')", missing("require")),
  js("return await import('node:fs')", { code: "VALIDATION", says: "could not load module" }),
  js("return await import('cloudflare:workers')", { code: "VALIDATION", says: "could not load module" }),
  js("return (await import('data:text/javascript,export default 1')).default", { code: "VALIDATION" }),
  js("return WebAssembly", missing("WebAssembly")),
  js("return crypto.subtle", missing("crypto")),
  js("return caches", missing("caches")),
  js("return setTimeout(() => 1, 1)", missing("setTimeout")),
  js("return std.loadFile('/etc/passwd')", missing("std")),
  js("return os.exec(['id'])", missing("os")),
  js("return new Function('return typeof fetch + typeof process')()", { value: "undefinedundefined" }),
  js("return (0, eval)('typeof fetch + typeof WebAssembly')", { value: "undefinedundefined" }),
  js("return this === undefined || this === globalThis", { value: true }),
  js("return context.constructor.constructor('return typeof process')()", { value: "undefined" }),
  js("return (async () => {}).constructor('return typeof fetch')()", { value: "undefined" }),
  js("return (function* () {}).constructor('yield typeof require')().next().value", { value: "undefined" }),
  js(
    `const seen = new Set(); const names = [];
     const walk = (o) => { if (o === null || !/object|function/.test(typeof o) || seen.has(o)) return; seen.add(o);
       for (const k of Reflect.ownKeys(o)) { names.push(String(k)); try { walk(o[k]) } catch {} } walk(Object.getPrototypeOf(o)) };
     walk(globalThis);
     return names.filter((name) => /fetch|process|require|Socket|env|LOADER|memory|fuel/i.test(name))`,
    { value: [] },
  ),
  js("return arguments.callee.caller", { code: "VALIDATION" }),
  js("try { null.x } catch (error) { return /workers|main\\.js|wasm/.test(error.stack) }", { value: false }),
  js("return Error.prepareStackTrace?.(null, [])", { value: null }),
  js(
    "Error.prepareStackTrace = (e, sites) => sites.map((s) => typeof s?.getThis?.()); return String(new Error('x').stack).includes('fetch')",
    { value: false },
  ),
  jq("$ENV | length", { value: 0 }),
  jq("env.MASTER_KEY", { value: null }),
  jq('import "/etc/passwd" as $x; $x', { code: "VALIDATION", says: "module" }),
  jq('include "x" {search: "/"}; 1', { code: "VALIDATION" }),
  jq("input", { code: "VALIDATION" }),
  jq("[inputs]", { value: [] }),
  jq('"x" | halt_error(0)', { value: null }),
  jq("halt", { value: null }),
  jq("--help", { code: "VALIDATION" }),
  jq('-1 as $x | "-n" | length', { value: 2 }),
  jsonata('$eval("$fetch(1)")', { code: "VALIDATION" }),
  jsonata('$constructor("return 1")', { code: "VALIDATION" }),
  jsonata("$sum.constructor", { value: null }),
  jsonata("__proto__.constructor", { value: null }),
  jsonata('$lookup({}, "constructor")', { value: null }),
];

/** Ways to never come back. */
const ENDLESS: Attempt[] = [
  js("while (true) {}", TOO_LONG),
  js("for (;;) try { for (;;); } catch {}", TOO_LONG),
  js("try { while (true) {} } finally { while (true) {} }", TOO_LONG),
  js("const loop = () => Promise.resolve().then(loop); return loop()", TOO_LONG),
  js("async function spin() { for (;;) await null } return spin()", TOO_LONG),
  js("return { then(done) { done(this) } }", TOO_LONG),
  js("return new Promise(() => {})", { code: "VALIDATION", says: "never settled" }),
  js("return /^(a+)+$/.test('a'.repeat(64) + '!')", TOO_LONG),
  js("return [].indexOf.call({ length: 2 ** 53 - 1 }, 1)", TOO_LONG),
  js("return 'a'.repeat(4e6).indexOf('a'.repeat(2e6) + 'b')", TOO_LONG),
  js("return { toJSON() { for (;;); } }", TOO_LONG),
  js("throw { get message() { for (;;); }, __proto__: Error.prototype }", TOO_LONG),
  js("return new Proxy({}, { ownKeys() { for (;;); } })", TOO_LONG),
  js("const b = new Uint8Array(1e7); for (;;) b.copyWithin(1, 0)", TOO_LONG),
  js("let n = 3n; for (;;) n = (n * n) % (2n ** 200000n) + 3n", TOO_LONG),
  js("Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }; const [...x] = [1]; return x", TOO_LONG),
  jq("def f: f; f", TOO_LONG),
  jq("[limit(1e12; repeat(1))] | length", TOO_LONG),
  jq("last(range(1e12))", TOO_LONG),
  jq("reduce repeat(1) as $x (0; . + 1)", TOO_LONG),
  jq("until(false; .)", TOO_LONG),
  jq("try repeat(error) catch empty, (def f: f; f)", TOO_LONG),
  jq("repeat(empty), (def g: g; g)", TOO_LONG),
  jsonata("($f := function($n) { $f($n + 1) }; $f(1))", TOO_LONG),
  jsonata('$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)', TOO_LONG),
];

/** Ways to take all memory, or the stack, or to answer too much. */
const GREEDY: Attempt[] = [
  js("return 'x'.repeat(2 ** 28)", TOO_MUCH),
  js("return new Array(1e9).fill(1)", TOO_MUCH),
  js("const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1))", TOO_MUCH),
  js("let s = 'x'; for (;;) s += s + 'y'", { code: "VALIDATION" }),
  js("return new ArrayBuffer(2 ** 31 - 1).byteLength", { code: "VALIDATION" }),
  js("return 2n ** (2n ** 40n) > 0n", { code: "VALIDATION" }),
  js("return 'x'.repeat(2 ** 20)", TOO_LARGE),
  js("return 'é'.repeat(2 ** 19)", TOO_LARGE),
  js("function f() { return f() + 1 } return f()", TOO_DEEP),
  js("let x = []; for (let i = 0; i < 20000; i += 1) x = [x]; return x", TOO_DEEP),
  js("return JSON.parse('['.repeat(100000))", { code: "VALIDATION" }),
  js("const o = { get x() { return this.x } }; return o", TOO_DEEP),
  jq('"x" * 1e9', TOO_MUCH),
  jq("[range(1e9) | tostring * 1000] | length", TOO_MUCH),
  jq("def f: 1 + f; f", TOO_MUCH),
  jq("range(infinite)", TOO_LARGE),
  jq('repeat("x" * 100000)', TOO_LARGE),
  jq("reduce range(100000) as $i (null; [.]) | tojson | length", { code: "VALIDATION" }),
  jsonata("[1..9999999]", TOO_MUCH),
  jsonata('$pad("", 1100000, "x")', TOO_LARGE),
];

/** Ways to trick what reads the result, or to leave something behind for the next call. */
const TRICKS: Attempt[] = [
  js("JSON.stringify = () => '{\"forged\": }'; return 1", { code: "VALIDATION", says: "not JSON" }),
  js("JSON.stringify = () => ({ length: 0 }); return 1", { code: "VALIDATION", says: "not JSON" }),
  js("JSON.parse = null; Object.prototype.toJSON = () => 7; return { a: 1 }", { value: 7 }),
  js("Promise.prototype.then = () => {}; return 1", { code: "VALIDATION", says: "never settled" }),
  js("throw { toString() { throw 1 }, toJSON() { throw 2 } }", { code: "VALIDATION", says: "cannot be shown" }),
  js("throw Symbol('secret')", { code: "VALIDATION" }),
  js("throw null", { code: "VALIDATION" }),
  js("return { [Symbol.toPrimitive]: 1, valueOf: 1 }", { value: { valueOf: 1 } }),
  js("return Symbol.for('x')", { code: "VALIDATION", says: "a symbol" }),
  js('return JSON.parse(\'{"__proto__": {"polluted": true}}\')', {
    value: JSON.parse('{"__proto__": {"polluted": true}}'),
  }),
  js("Object.freeze(globalThis); Object.prototype.left = 'behind'; globalThis.left = 'behind'; return left", {
    value: "behind",
  }),
  js("return typeof left + ({}).left + Object.isFrozen(globalThis)", { value: "undefinedundefinedfalse" }),
  js("}); (() => { return 1 })(); (function () {", { value: null }),
  js("*/ return 1 /*", { code: "VALIDATION" }),
  jq("\u0000", { code: "VALIDATION", says: "NUL" }),
];

export const ATTEMPTS: readonly Attempt[] = [...WAYS_OUT, ...ENDLESS, ...GREEDY, ...TRICKS];
