import type { Json, JsonObject } from "../../engine/json.ts";

/* What is begun on a build before its data becomes a fixture. A fixture has in it what must come of it: this list may change. */

const connector = (name: string, more: string): string => `
connector:
  type: connector
  kind: http
  name: ${name}
  namespace: community
  version: 1.0.0
  displayName: Old
  description: What executions of old data call
${more}
actions:
  - name: work
    description: Answers by what it is asked
    input: {type: object, properties: {token: {type: string, x-secret: true}}}
    handler: {http: {url: "http://old-service:9000/execute", method: POST, timeout: 300}}
  - name: later
    description: Is finished later
    handler: {http: {url: "http://old-service:9000/execute", method: POST, timeout: 300}}
`;

/** More calls in hand than by default, where a build knows how to say it: others are refused by it, and have no such limit. */
export const AT_ONCE = "  runtime: {resources: {concurrent: 100}}\n";

export const OLD_CONNECTORS: readonly string[] = [
  connector("old", ""),
  connector("guarded", "auth: {type: apiKey, in: header, name: X-Old-Key}"),
];

function work(id: string, input: JsonObject, more: JsonObject = {}): JsonObject {
  return { id, connector: "connector:community/old@1.0.0", action: "work", input, ...more };
}
const hold = (id: string, value: Json, more: JsonObject = {}): JsonObject => work(id, { value, hold: true }, more);
const nonce = (id: string): string => `{{ steps.${id}.output.nonce }}`;
const go = (id = "go"): JsonObject => ({ id, type: "wait", until: { event: "go" } });
const ONCE = { retry: { max_attempts: 1 } };

function workflow(name: string, steps: JsonObject[], outputs: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const inputs = { key: { type: "string" }, n: { type: "integer" } };
  return { name, version: "1.0.0", inputs, steps, outputs, ...more };
}

const HOOK_AUTH = { type: "hmac-sha256", secret_name: "HOOK", header: "X-Signature" };

/** `ahead`: seconds until what is to come while the next build runs. */
export const oldWorkflows = (ahead: number): readonly JsonObject[] => [
  workflow("Chain", [work("a", { value: 1 }), work("b", { value: nonce("a") })], { last: nonce("b") }),
  workflow("Held", [work("a", { value: 1 }), hold("b", nonce("a")), work("c", { value: nonce("b") })], {
    last: nonce("c"),
  }),
  workflow("Breaks", [work("a", { value: 1 }), work("b", { value: nonce("a"), fails: true }, ONCE)], {
    last: nonce("b"),
  }),
  workflow(
    "Retrying",
    [
      work("a", { value: 1 }),
      work(
        "b",
        { value: 2, fails: true },
        { retry: { max_attempts: 3, backoff: "fixed", initial_delay_ms: ahead * 1_000 } },
      ),
    ],
    { last: nonce("b") },
  ),
  workflow("Asleep", [work("a", { value: 1 }), { id: "nap", type: "wait", duration: ahead }, work("b", { value: 2 })], {
    last: nonce("b"),
  }),
  workflow("Told", [work("a", { value: 1 }), go(), work("b", { value: "{{ steps.go.output.eventReceived.word }}" })], {
    last: nonce("b"),
  }),
  workflow("Secretive", [go(), work("a", { value: 1, token: "{{ secrets.TOKEN }}", region: "{{ env.REGION }}" })], {
    last: nonce("a"),
  }),
  workflow("Guarded", [go(), { ...work("a", { value: "mine" }), connector: "connector:community/guarded@1.0.0" }], {
    last: nonce("a"),
  }),
  workflow(
    "Keyed",
    [
      { id: "paid", type: "wait", until: { event: "paid", key: "{{ inputs.key }}" } },
      work("a", { value: "{{ steps.paid.output.eventReceived.word }}" }),
    ],
    { last: nonce("a") },
  ),
  workflow(
    "Approved",
    [{ id: "ok", type: "approval", approvers: ["admin"], allow_self: true }, work("a", { value: 1 })],
    { comment: "{{ steps.ok.output.comment }}" },
  ),
  workflow(
    "Turn",
    [go(), work("a", { value: "{{ inputs.n }}" })],
    { last: nonce("a") },
    {
      concurrency: { key: "{{ inputs.key }}", limit: 1, strategy: "queue" },
    },
  ),
  workflow(
    "Fan",
    [
      hold("each", "{{ item }}", { for_each: [1, 2, 3], parallel: true }),
      work("join", { value: "{{ steps.each.output[2].nonce }}" }),
    ],
    { all: "{{ steps.each.output | map(attribute='nonce') }}" },
  ),
  workflow(
    "Loop",
    [
      {
        id: "loop",
        type: "forEach",
        items: "{{ range(4) }}",
        maxConcurrency: 2,
        steps: [
          work("first", { value: "{{ item }}" }),
          { id: "odd", type: "if", condition: "{{ item % 2 == 1 }}", then: [hold("second", nonce("first"))] },
        ],
      },
    ],
    { count: "{{ steps.loop.output.successCount }}" },
  ),
  workflow("Both", [{ id: "both", parallel: [hold("left", 1), work("right", { value: 2 })] }], {
    left: nonce("left"),
    right: nonce("right"),
  }),
  workflow("Child", [work("a", { value: "{{ inputs.n }}" }), hold("b", nonce("a"))], { last: nonce("b") }),
  workflow(
    "Parent",
    [
      { id: "kids", workflow: "child", input: { n: "{{ item }}", key: "k" }, for_each: [1, 2], parallel: true },
      work("then", { value: "{{ steps.kids.output[1].outputs.last }}" }),
    ],
    { last: nonce("then") },
  ),
  {
    name: "Graph",
    version: "1.0.0",
    inputs: {},
    state: { n: 0 },
    nodes: [
      work(
        "count",
        { value: "{{ graph.state.n }}", hold: "{{ graph.state.n == 2 }}" },
        { set: { n: "{{ graph.state.n + 1 }}" } },
      ),
      work("done", { value: "{{ graph.state.n }}" }),
    ],
    edges: [
      { from: "count", to: "count", when: "graph.state.n < 4" },
      { from: "count", to: "done" },
    ],
    outputs: { n: "{{ graph.state.n }}", last: nonce("done") },
  },
  {
    name: "Actors",
    version: "1.0.0",
    mode: "long_running",
    budget: { max_seconds: 315_360_000 },
    inputs: {},
    state: { seen: 0 },
    nodes: [
      work("first", { value: "{{ input.n | default(0) }}" }, { set: { seen: "{{ graph.state.seen + 1 }}" } }),
      work("second", { value: "{{ graph.state.seen }}" }, { set: { last: "{{ output.nonce }}" } }),
    ],
    edges: [{ from: "first", to: "second" }],
    outputs: { seen: "{{ graph.state.seen }}" },
  },
  workflow("Undone", [
    work("a", { value: 1 }, { compensate: [hold("undo_a", nonce("a"))] }),
    work("b", { value: 2 }, { compensate: [work("undo_b", { value: nonce("b") })] }),
    work("c", { value: 3, fails: true }, ONCE),
  ]),
  workflow(
    "Caught",
    [
      {
        id: "t",
        type: "try",
        steps: [work("a", { value: 1 }), work("b", { value: 2, fails: true }, ONCE)],
        catch: [hold("c", nonce("a"))],
        finally: [work("d", { value: "always" })],
      },
    ],
    { status: "{{ steps.t.output.status }}" },
  ),
  workflow("Late", [{ id: "w", type: "wait", until: { event: "never" } }], {}, { timeout: ahead }),
  workflow(
    "Spent",
    [work("a", { value: 1 }), work("b", { value: 2 })],
    { last: nonce("b") },
    {
      budget: { max_steps: 1, hold: "3650d" },
    },
  ),
  workflow("Cached", [work("a", { value: "{{ inputs.key }}" }, { cache: { ttl: "3650d", key: "{{ inputs.key }}" } })], {
    last: nonce("a"),
  }),
  workflow("Mover", [work("a", { value: 1 }), go()], { last: nonce("a") }),
  workflow(
    "Echo",
    [{ id: "say", type: "output", value: "{{ trigger }}" }],
    { trigger: "{{ trigger }}" },
    {
      triggers: [
        { type: "schedule", name: "tick", cron: "*/5 * * * * *" },
        { type: "event", name: "told", topic: "placed" },
        { type: "webhook", name: "hook", path: "/old/hook", auth: HOOK_AUTH },
      ],
    },
  ),
];

/** Only of builds that let a service finish an attempt later. */
export const TASK_WORKFLOW: JsonObject = workflow(
  "Later",
  [{ ...work("task", { value: 1 }), action: "later" }, work("b", { value: "{{ steps.task.output.word }}" })],
  { last: nonce("b") },
);

/** Where executions of Mover are taken. */
export const NEXT_MOVER: JsonObject = workflow(
  "Mover",
  [work("a", { value: 1 }), go(), work("b", { value: nonce("a") })],
  { last: nonce("b") },
  { version: "1.1.0" },
);

export interface Act {
  method?: "POST";
  /** `{id}` stands for the execution. */
  path: string;
  body: JsonObject;
}

/** One execution: how it is begun, what it is when its build is killed, what is done to it later and what must come of it. */
export interface OldCase {
  label: string;
  workflow: string;
  inputs?: JsonObject;
  /** Members of the start beside these. */
  start?: JsonObject;
  /** What is done to it on the old build, once it is `first`. */
  first?: string;
  acts?: Act[];
  /** Its status when the old build is killed. */
  was: string;
  /** On the new build. */
  then?: Act[];
  ends: string;
  outputs?: JsonObject;
  narrow?: true;
  needs?: "tasks";
}

const on = (verb: string, body: JsonObject = {}): Act => ({ path: `/workflows/executions/{id}/${verb}`, body });
const tell = (word = "w"): Act => on("events", { name: "go", payload: { word } });
const did = (value: Json): string => `did ${JSON.stringify(value)}`;
const HELD_LAST = did(did(did(1)));

export const oldCases = (ahead: number): readonly OldCase[] => [
  { label: "done", workflow: "chain", was: "completed", ends: "completed", outputs: { last: did(did(1)) } },
  { label: "failed", workflow: "breaks", was: "failed", ends: "failed" },
  { label: "failed, retried", workflow: "breaks", was: "failed", then: [on("retry")], ends: "completed" },
  { label: "canceled", workflow: "told", first: "waiting", acts: [on("cancel")], was: "canceled", ends: "canceled" },
  { label: "in a call", workflow: "held", was: "running", ends: "completed", outputs: { last: HELD_LAST } },
  {
    label: "told at its end",
    workflow: "held",
    start: { callback_url: "http://old-receiver:9000/callback" },
    was: "running",
    ends: "completed",
  },
  { label: "retry ahead", workflow: "retrying", was: "running", ends: "completed", outputs: { last: did(2) } },
  { label: "asleep", workflow: "asleep", was: "waiting", ends: "completed", outputs: { last: did(2) } },
  { label: "signal", workflow: "told", was: "waiting", then: [tell()], ends: "completed", outputs: { last: did("w") } },
  { label: "canceled later", workflow: "told", was: "waiting", then: [on("cancel")], ends: "canceled" },
  { label: "secret", workflow: "secretive", was: "waiting", then: [tell()], ends: "completed" },
  { label: "connection", workflow: "guarded", was: "waiting", then: [tell()], ends: "completed" },
  {
    label: "keyed event",
    workflow: "keyed",
    inputs: { key: "o-1" },
    was: "waiting",
    then: [{ path: "/events", body: { name: "paid", key: "o-1", payload: { word: "coins" } } }],
    ends: "completed",
    outputs: { last: did("coins") },
  },
  {
    label: "approval",
    workflow: "approved",
    was: "waiting",
    then: [on("approvals/ok", { decision: "approve", comment: "fine" })],
    ends: "completed",
    outputs: { comment: "fine" },
  },
  {
    label: "holds a slot",
    workflow: "turn",
    inputs: { key: "k", n: 1 },
    was: "waiting",
    then: [tell()],
    ends: "completed",
    outputs: { last: did(1) },
  },
  {
    label: "waits for a slot",
    workflow: "turn",
    inputs: { key: "k", n: 2 },
    was: "pending",
    then: [tell()],
    ends: "completed",
    outputs: { last: did(2) },
  },
  {
    label: "paused",
    workflow: "told",
    first: "waiting",
    acts: [on("pause")],
    was: "paused",
    then: [on("resume"), tell()],
    ends: "completed",
  },
  { label: "fan", workflow: "fan", was: "running", ends: "completed", outputs: { all: [did(1), did(2), did(3)] } },
  { label: "loop", workflow: "loop", was: "running", ends: "completed", outputs: { count: 4 } },
  { label: "parallel", workflow: "both", was: "running", ends: "completed", outputs: { left: did(1), right: did(2) } },
  { label: "subworkflows", workflow: "parent", was: "running", ends: "completed", outputs: { last: did(did(did(2))) } },
  { label: "graph", workflow: "graph", was: "running", ends: "completed", outputs: { n: 4, last: did(4) } },
  {
    label: "actors",
    workflow: "actors",
    was: "waiting",
    then: [on("messages", { node: "first", payload: { n: 7 } }), on("shutdown")],
    ends: "completed",
  },
  { label: "compensating", workflow: "undone", was: "running", ends: "failed" },
  { label: "caught", workflow: "caught", was: "running", ends: "completed" },
  { label: "timeout ahead", workflow: "late", was: "waiting", ends: "timed_out" },
  {
    label: "budget",
    workflow: "spent",
    was: "paused",
    then: [on("resume", { budget: { max_steps: 10 } })],
    ends: "completed",
    outputs: { last: did(2) },
  },
  { label: "cached", workflow: "cached", inputs: { key: "c" }, was: "completed", ends: "completed" },
  {
    label: "migrated",
    workflow: "mover",
    was: "waiting",
    then: [{ path: "/workflows/executions/{id}/migrate", body: { version: "1.1.0" } }, tell()],
    ends: "completed",
    outputs: { last: did(did(1)) },
  },
  {
    label: "not migrated",
    workflow: "mover",
    was: "waiting",
    then: [tell()],
    ends: "completed",
    outputs: { last: did(1) },
  },
  { label: "starts later", workflow: "chain", start: { delay: `${ahead}s` }, was: "pending", ends: "completed" },
  {
    label: "isolated",
    workflow: "held",
    start: { execution_mode: "isolated" },
    was: "running",
    ends: "completed",
    outputs: { last: HELD_LAST },
  },
  { label: "takes the only place", workflow: "held", narrow: true, was: "running", ends: "completed" },
  { label: "waits for a place", workflow: "chain", narrow: true, was: "pending", ends: "completed" },
  {
    label: "task",
    workflow: "later",
    needs: "tasks",
    was: "running",
    then: [{ path: "/tasks/{task}/complete", body: { data: { word: "finished" } } }],
    ends: "completed",
    outputs: { last: did("finished") },
  },
];
