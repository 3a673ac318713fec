import { AsyncLocalStorage } from "node:async_hooks";
import { WorkerEntrypoint } from "cloudflare:workers";
import type { SandboxAnswer, SandboxFault, SandboxHost, SandboxJob } from "../../../../contracts/code-sandbox-rpc.ts";
import type { JsonObject } from "../../../../engine/json.ts";
import { consoleOf } from "./console-of.ts";
import { describeError } from "./describe-error.ts";
import { removeAmbient } from "./remove-ambient.ts";
import { type Saying, sayThrough } from "./say-through.ts";
import { sendThrough } from "./send-through.ts";

/*
 * Runs beside published modules in their isolate, in the same realm: nothing here protects the platform, which believes no
 * word of what comes out. It gives the code its `fetch`, `console` and `context`, for each call its own.
 */

type Job = Omit<SandboxJob, "isolate" | "cpuMs">;
type Action = (input: unknown, context: object) => unknown;

/** Longest text of an output; bytes are counted by the plugin. */
const MOST_CHARS = 2_097_152;
/** As they are before the code has a chance to change them. */
const { stringify } = JSON;

const calls = new AsyncLocalStorage<{ host: SandboxHost; saying: Saying }>();
let isolate: string | undefined;

removeAmbient(globalThis);
Object.assign(globalThis, {
  fetch: (input: RequestInfo | URL, init?: RequestInit) => {
    const call = calls.getStore();
    if (call === undefined) throw new TypeError("fetch works inside of an action only, while its call runs");
    return sendThrough(call.host, input, init);
  },
  console: consoleOf((level, message) => calls.getStore()?.saying.log(level, message)),
});

/** What `run` answers is the text of a `SandboxAnswer`. */
export default class Harness extends WorkerEntrypoint {
  async run(job: Job, host: SandboxHost): Promise<string> {
    isolate ??= crypto.randomUUID();
    const saying = sayThrough(host, stringify);
    const answer = await calls.run({ host, saying }, () => act(job, contextOf(job.context, saying)));
    // What it said comes before what it answers.
    await saying.settle();
    return answer;
  }
}

async function act(job: Job, context: object): Promise<string> {
  const action = await find(job);
  if (typeof action === "string") return action;
  let output: unknown;
  try {
    output = await action(job.input, context);
  } catch (error) {
    return fault("thrown", describeError(error));
  }
  try {
    const text = stringify(output === undefined ? null : output);
    if (text === undefined) return fault("output", { message: "it answers a function or a symbol" });
    if (text.length > MOST_CHARS) return fault("size", { message: "" });
    return `{"ok":true,"isolate":${stringify(isolate)},"output":${text}}`;
  } catch (error) {
    return fault("output", { message: describeError(error).message });
  }
}

async function find({ module, exports }: Job): Promise<Action | string> {
  const path = `./modules/${module}`;
  let loaded: Record<string, unknown>;
  try {
    loaded = await import(path);
  } catch (error) {
    return fault("load", describeError(error));
  }
  for (const name of exports) {
    const named = loaded[name] ?? member(loaded.default, name);
    if (typeof named === "function") return named as Action;
  }
  if (typeof loaded.default === "function") return loaded.default as Action;
  return fault("missing", { message: exports.join(", ") });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function fault(kind: SandboxFault, said: { message: string; code?: string; details?: JsonObject }): string {
  const answer: SandboxAnswer = { ok: false, kind, isolate: isolate ?? "", ...said };
  // Without a prototype: the code may have given every object a `toJSON`.
  return stringify(Object.assign(Object.create(null), answer));
}

function contextOf(given: JsonObject, saying: Saying): object {
  const log = (level: string) => (message: unknown, fields?: unknown) => saying.log(level, String(message), fields);
  return {
    ...given,
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    progress: (percent: unknown, message?: unknown) => saying.progress(percent, message),
    /** Fails the step with a code of the taxonomy. */
    fail: (code: string, message: string, details?: object): never => {
      throw Object.assign(new Error(message), { code, details });
    },
  };
}
