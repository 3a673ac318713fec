import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { LIMITS } from "../../workers/plugins/code/limits.ts";
import { transformsInNode } from "../support/transforms-in-node.ts";

/*
 * The machines without workerd, and the names by which the code plugin knows its modules: they are short, chosen anew by
 * each build of the packages, and mean something only in the loaders that come with them.
 */

const root = join(import.meta.dirname, "../..");

function loaderText(specifier: string, wanted: RegExp): string {
  const folder = dirname(fileURLToPath(import.meta.resolve(specifier)));
  for (const directory of [folder, dirname(folder)]) {
    for (const file of readdirSync(directory).filter((name) => /\.[cm]?js$/.test(name))) {
      const text = readFileSync(join(directory, file), "utf8");
      if (wanted.test(text)) return text;
    }
  }
  throw new Error(`no loader of ${specifier}`);
}

function source(name: string): string {
  return readFileSync(join(root, "workers/plugins/code", name), "utf8");
}

let run: (call: ActionCall) => ActionResult;

beforeAll(async () => {
  run = await transformsInNode(Date.now);
});

function transform(language: string, expression: string, timeoutMs = 5_000): ActionResult {
  return run({
    path: "t",
    stepId: "t",
    attempt: 1,
    action: {
      namespace: "smartify",
      connector: "transform",
      version: "1.0.0",
      action: language,
      plugin: "code",
      idempotent: true,
      handler: {},
    },
    input: { expression, data: { n: 1 } },
    idempotencyKey: "e:1:t",
    timeoutMs,
    deadline: Date.now() + timeoutMs,
  });
}

test("jq's imports and exports have the names that its own loader gives them", () => {
  const loader = loaderText("jq-wasm/jq.wasm", /wasmImports = \{/);
  const list = /wasmImports = \{([^}]*)\}/.exec(loader)?.[1] ?? "";
  const theirs = Object.fromEntries(list.split(",").map((pair) => pair.trim().split(/:\s*_*/)));
  expect(theirs).toEqual({
    a: "assert_fail",
    b: "exit",
    c: "fd_close",
    d: "fd_write",
    e: "syscall_fcntl64",
    f: "syscall_openat",
    g: "emscripten_date_now",
    h: "fd_read",
    i: "syscall_ioctl",
    j: "environ_get",
    k: "emscripten_resize_heap",
    l: "environ_sizes_get",
    m: "syscall_readlinkat",
    n: "syscall_getcwd",
    o: "call_sighandler",
    p: "proc_exit",
    q: "emscripten_runtime_keepalive_clear",
    r: "gmtime_js",
    s: "localtime_js",
    t: "mktime_js",
    u: "timegm_js",
    v: "tzset_js",
    w: "strptime",
    x: "fd_seek",
    y: "fd_fdstat_get",
    z: "random_get",
    A: "syscall_lstat64",
    B: "syscall_newfstatat",
    C: "syscall_stat64",
    D: "syscall_fstat64",
    E: "abort_js",
  });
  const exported = (meaning: string): string | undefined =>
    new RegExp(`\\b${meaning} = (?:Module\\["\\w+"\\] = )?wasmExports2\\["(\\w)"\\]`).exec(loader)?.[1];
  const names = source("jq.ts");
  expect(names).toContain(`START = "${/wasmExports\["(\w)"\]\(\)/.exec(loader)?.[1]}"`);
  expect(names).toContain(`MEMORY = "${exported("wasmMemory")}"`);
  expect(names).toContain(`MAIN = "${exported("_main")}"`);
  expect(names).toContain(`ALLOCATE_ON_STACK = "${exported("__emscripten_stack_alloc")}"`);
  const stack = [exported("_emscripten_stack_get_current"), exported("__emscripten_stack_restore")];
  expect(names).toContain(`STACK = { current: "${stack[0]}", restore: "${stack[1]}" }`);
});

/** Where the loader initialises the module: in one of its variants the names stand as they are in the module. */
const START_OF_QUICKJS = /H=!0;Z\.(\w+)\(\);/;

test("QuickJS's exports have the names that its own loader gives them", () => {
  const loader = loaderText("@jitl/quickjs-wasmfile-release-sync/wasm", START_OF_QUICKJS);
  const theirs = Object.fromEntries(
    [...loader.matchAll(/c\._(\w+)=b\.([\w$]+)/g)].map(([, long, short]) => [long, short]),
  );
  const ours: Record<string, string> = {};
  for (const [, long = "", short = ""] of source("quickjs.ts").matchAll(/^ {2}(\w+): "([\w$]+)",$/gm))
    ours[long] = short;
  expect(ours).toEqual({
    start: START_OF_QUICKJS.exec(loader)?.[1],
    allocate: theirs.malloc,
    setMemoryLimit: theirs.QTS_RuntimeSetMemoryLimit,
    setMaxStackSize: theirs.QTS_RuntimeSetMaxStackSize,
    getUndefined: theirs.QTS_GetUndefined,
    newRuntime: theirs.QTS_NewRuntime,
    newContext: theirs.QTS_NewContext,
    newString: theirs.QTS_NewString,
    getString: theirs.QTS_GetString,
    executePendingJob: theirs.QTS_ExecutePendingJob,
    isJobPending: theirs.QTS_IsJobPending,
    call: theirs.QTS_Call,
    resolveException: theirs.QTS_ResolveException,
    dump: theirs.QTS_Dump,
    evaluate: theirs.QTS_Eval,
  });
});

test("the machines run in Node as they do in workerd", () => {
  expect(transform("jq", ".n + 1")).toMatchObject({ ok: true, output: 2 });
  expect(transform("jsonata", "n + 1")).toMatchObject({ ok: true, output: 2 });
  expect(transform("javascript", "return context.n + 1")).toMatchObject({ ok: true, output: 2 });
  expect(transform("python", "return 1")).toMatchObject({ ok: false, permanent: true, error: { code: "UNAVAILABLE" } });
});

test("jq's own memory is built with the limit that QuickJS is given", () => {
  const builder = readFileSync(join(root, "scripts/platform/build-machines.ts"), "utf8");
  expect(builder).toContain(`MAX_PAGES = ${LIMITS.memoryPages};`);
});

test("a machine that grew, and one that was stopped, begin anew", () => {
  const large =
    "const all = []; for (let i = 0; i < 22; i += 1) all.push(new Uint8Array(1e6).fill(255)); return all.length";
  for (let round = 0; round < 3; round += 1) {
    expect(transform("javascript", large)).toMatchObject({ ok: true, output: 22 });
    expect(transform("javascript", "globalThis.left = 1; for (;;);", 20)).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(transform("javascript", "return typeof left")).toMatchObject({ ok: true, output: "undefined" });
    expect(transform("jq", '[limit(22; repeat("x" * 1000000))] | length')).toMatchObject({ ok: true, output: 22 });
    expect(transform("jq", "def f: f; f", 20)).toMatchObject({ error: { code: "TIMEOUT" } });
    expect(transform("jq", ".n")).toMatchObject({ ok: true, output: 1 });
  }
});
