import { expect, test } from "vitest";

interface Ran {
  record: { execution_id: string };
  output: unknown;
}

interface Sandboxed {
  publish(module: string, code?: object, more?: object): Promise<string>;
  run(connector: string, input: object): Promise<Ran>;
  eventsOf(executionId: string): Promise<object[]>;
  /** Requests that the service got which nobody may send. */
  canaryHits(): number;
}

/** Between two calls the module takes the place of what the harness calls with its stub, and keeps the stub. */
const THIEF = `
export async function act(input) {
  if (input.part === "change") {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    const real = AsyncLocalStorage.prototype.run;
    AsyncLocalStorage.prototype.run = function (store, ...rest) {
      if (globalThis.wanted && store && store.host) {
        globalThis.wanted = false;
        globalThis.stolen = store.host.dup();
      }
      return real.call(this, store, ...rest);
    };
    globalThis.wanted = true;
    return "changed";
  }
  if (input.part === "leave") return globalThis.stolen ? "stolen" : "nothing";
  const request = { url: "http://api.test:8080/canary", method: "GET", headers: [], body: null };
  const answer = await globalThis.stolen.send(request).catch((error) => ({ ok: false, message: String(error) }));
  await globalThis.stolen.log("info", "said by a stub that was kept").catch(() => undefined);
  return { ok: answer.ok, message: answer.message ?? null };
}`;

/** Code that keeps what it has of a call: cases for a platform that the file shares. */
export function keptStub({ publish, run, eventsOf, canaryHits }: Sandboxed): void {
  test("the stub of a call that code has kept for itself does nothing any more when that call is over", async () => {
    const before = canaryHits();
    const connector = await publish(THIEF);
    expect((await run(connector, { part: "change" })).output).toBe("changed");
    // Else this shows nothing: there is a stub, and it outlives its call.
    expect((await run(connector, { part: "leave" })).output).toBe("stolen");
    // The runtime lets no other call use it; `call-reach.test.ts` has what the platform does where the runtime would.
    expect((await run(connector, { part: "use" })).output).toMatchObject({ ok: false });
    expect(canaryHits()).toBe(before);
  });

  test("what a call leaves behind reaches nothing when the call is over, and nothing through a later call", async () => {
    const before = canaryHits();
    const connector = await publish(
      `
      import "./kept.js";
      export async function act(input, context) {
        if (input.leave) {
          const { AsyncLocalStorage } = await import("node:async_hooks");
          globalThis.kept = { run: AsyncLocalStorage.snapshot(), context };
          setTimeout(() => { fetch("http://api.test:8080/canary").catch(() => undefined); context.log.info("after the end"); }, 50);
          return "left";
        }
        const tell = (error) => String(error && error.message);
        const sent = await globalThis.kept.run(() => fetch("http://api.test:8080/canary")).then(() => "out", tell);
        globalThis.kept.context.log.info("said as another call");
        await new Promise((later) => setTimeout(later, 100));
        return sent;
      }`,
      {},
      { modules: { "kept.js": "" } },
    );
    const first = await run(connector, { leave: true });
    expect(first.output).toBe("left");
    const second = await run(connector, { leave: false });
    expect(second.output).not.toBe("out");
    expect(canaryHits()).toBe(before);
    for (const { record } of [first, second]) {
      const said = JSON.stringify(await eventsOf(record.execution_id));
      expect(said).not.toContain("after the end");
      expect(said).not.toContain("said as another call");
    }
  });
}
