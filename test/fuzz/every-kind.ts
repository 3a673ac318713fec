import type { CorpusFile } from "./corpus.ts";

/** Files of our own in which every field of every kind stands once, since the corpus uses few of them. */
export const EVERY_KIND: readonly CorpusFile[] = [
  {
    name: "every kind of step",
    text: `
# yaml-language-server: $schema=http://127.0.0.1/schema/workflow.json
workflows:
  - name: Harbour Round
    id: harbour-round
    version: 2.0.1-beta.2
    description: A round through the harbour
    strict: false
    backend: none
    inputs:
      ship: { type: string, description: Which ship, required: true, minLength: 1, x-hint: none }
      crew: { type: array, items: { type: string }, default: ["{{ today }}"] }
      plan: { type: object, required: [a], properties: { a: { type: integer } } }
      any: { type: any }
    outputs:
      short: "{{ steps.log.output.value }}"
      long: { value: { a: ["{{ steps.log.output }}"] }, description: All of it, type: object }
      none: null
    timeout: 1h30m
    retry: { max_attempts: 3, backoff: LINEAR, initial_delay: 250ms, max_delay: 1m, backoff_factor: 1.5, jitter: true, retry_on: [timeout, RATE_LIMITED] }
    triggers:
      - { type: manual, id: by-hand, enabled: true }
      - { type: schedule, cron: "5 4 * * *", timezone: Europe/Oslo, overlap: skip, backfill: false, inputs: { ship: "{{ trigger.at }}" } }
      - { type: webhook, path: ships, method: POST, auth: { type: bearer, secret_name: K }, security: { ipAllowlist: [10.0.0.0/8], replayWindow: 5m, timestampHeader: t, maxPayloadSize: 1000, rateLimit: { rpm: 5, burst: 2 } } }
      - { type: event, source: kafka, topic: ships, filter: { size: large } }
    execution: { mode: cloud, streaming: { enabled: true, events: [log] }, security: { blockOnExposure: true, secretRedaction: { enabled: true } }, audit: { enabled: true, retention: 30, fields: [a] } }
    authorization: { enabled: true, roles: [pilot], permissions: [sail], approval: { required: true, approvers: pilot, timeout: 5m, onTimeout: reject } }
    testing: { dryRun: { mockConnectors: true, mockData: { a: 1 } }, fixtures: [{ name: one, inputs: { ship: a }, expectedOutputs: {} }] }
    concurrency: { key: "{{ inputs.ship }}", limit: 2, strategy: cancel_running }
    budget: { max_seconds: 60, max_steps: 100, hold: 1d }
    metadata: { anything: [goes] }
    x-own: true
    steps:
      - id: tide
        name: The tide
        description: asks
        connector: connector:community/tides@^1
        action: read
        condition: inputs.ship != ''
        for_each: "{{ inputs.crew }}"
        parallel: true
        max_concurrency: 3
        timeout: 30
        retry: { maxAttempts: 2, retryStrategy: FIXED, initialDelayMs: 10, maxDelayMs: 20 }
        continue_on_error: true
        execution: cloud
        with: { at: "{{ item }}" }
        authorization: { roles: [pilot] }
        guardrails: { maxCost: 2, timeLimit: 1m, outputSchema: { type: object } }
        cache: { enabled: true, ttl: 5m, key: "{{ inputs.ship }}" }
        compensate: [{ id: undo, plugin: tides, action: forget }]
        metadata: { a: 1 }
        connection: mine
      - { name: flat, plugin: tides, operation: read, retryStrategy: EXPONENTIAL, maxAttempts: 4, timeoutMs: 500, input: null, execution: { backend: local } }
      - { id: both, parallel: [{ id: p1, plugin: a, action: b }, { id: p2, type: output, value: 1 }] }
      - { id: sub, workflow: other-round, version: 1, inputs: { a: 1 } }
      - { id: choose, type: if, condition: true, then: [{ id: t1, type: output, value: [1] }], else: [] }
      - { id: route, type: switch, value: "{{ inputs.ship }}", cases: { a: [{ id: c1, type: output, value: a }], b: }, default: [{ id: c2, type: output, value: null }] }
      - { id: each, type: forEach, items: [1, 2], maxConcurrency: 2, ordered: true, continueOnError: true, steps: [{ id: e1, type: output, value: "{{ item }}" }] }
      - { id: race, type: parallel, branches: { x: [{ id: r1, type: output, value: 1 }], y: [{ id: r2, type: output, value: 2 }] }, join: { count: 1 }, timeout: 5s }
      - { id: pause, type: wait, duration: 2d }
      - { id: until, type: wait, until: { event: landed, timeout: 1h, channel: radio, filter: { a.b: 1 }, key: "{{ inputs.ship }}" } }
      - { id: moment, type: delay, until: { time: "2030-01-01T00:00:00Z" } }
      - { id: careful, type: try, steps: [{ id: y1, plugin: a, action: b }], catch: [{ id: y2, type: output, value: "{{ error.code }}" }], finally: [{ id: y3, type: output, value: 1 }], retry: { max_attempts: 2 } }
      - { id: shape, type: transform, language: jsonpath, expression: "$.inputs.ship" }
      - { id: render, type: transform, language: template, expression: { a: "{{ inputs.ship }}" } }
      - { id: ask, type: agent, agent: { model: none }, backend: cloud, budgets: { tokens: 10 }, input: hello }
      - { id: over, type: handoff, selectAgent: [{ condition: "{{ true }}", agent: a }, { default: b }], reason: late, context: { a: 1 }, resumeAfter: true }
      - { id: pass, type: handoff, agent: pilot }
      - { id: sign, type: approval, approvers: [pilot], timeout: 1h, onTimeout: escalate, message: "Sail {{ inputs.ship }}?", allow_self: true }
      - { id: log, type: output, value: { ship: "{{ inputs.ship }}" } }
`,
  },
  {
    name: "a graph",
    text: `
workflow:
  name: Lock
  mode: long_running
  start: enter
  state: { level: 0 }
  until: "{{ graph.state.level > 3 }}"
  idle: complete
  budget: { max_messages: 10 }
  nodes:
    - { id: enter, plugin: a, action: b, set: { level: "{{ graph.state.level + 1 }}" }, keep: { seen: true }, mailbox: { size: 5, overflow: drop_oldest }, every: 5s, on_shutdown: [{ id: bye, type: output, value: 1 }] }
    - { id: leave, type: output, value: "{{ input }}" }
  edges:
    - { from: enter, to: leave, when: "output == 1", priority: 1, description: out }
    - { from: leave, to: enter }
`,
  },
  {
    name: "a bare workflow with keys of a file",
    text: "schemaVersion: 1\ntype: workflow\nnamespace: us\nid: plain\nsteps: []\nmetadata: {}\n",
  },
];
