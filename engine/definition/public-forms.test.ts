import { expect, test } from "vitest";
import { readWorkflows } from "./read-workflows.ts";

/*
 * The public specification's features, in words of our own: every key and form that its workflow files use is accepted.
 * Each text is one file, or a fragment that gets its name from outside.
 */
const FORMS: Readonly<Record<string, string>> = {
  "roles, permissions and approval, on the workflow and on a step": `
workflows:
  - name: Empty The Vault
    version: 0.3.0
    authorization:
      enabled: true
      roles: [keeper, night-watch]
      permissions: [vault:open, vault:empty]
      approval: {required: true, approvers: [director, insurer], timeout: 1800}
    steps:
      - name: open_vault
        connector: connector:community/vault@1.0.0
        action: open
        authorization: {permissions: [vault:touch]}
`,
  "every kind of trigger": `
triggers:
  - type: manual
  - type: schedule
    cron: "15 6 * * 1-5"
    timezone: Europe/Berlin
  - type: webhook
    path: /hooks/parcel
    method: POST
    auth: {type: hmac-sha256, secret_name: PARCEL_KEY, header: X-Parcel-Signature}
    security:
      ipAllowlist: [203.0.113.0/24]
      replayWindow: 120
      timestampHeader: X-Parcel-Time
      rateLimit: {rpm: 30, burst: 5}
      maxPayloadSize: 65536
  - type: event
    source: kafka
    topic: parcel.arrived
    filter: {size: [large, huge]}
steps:
  - name: unpack
    connector: connector:community/parcels@1.0.0
    action: unpack
    input: {parcel: "{{ trigger.payload }}", event: "{{ trigger.event.id }}"}
`,
  "a list of steps at once, and what follows": `
steps:
  - name: morning
    parallel:
      - {name: tide, connector: "connector:community/tides@1.0.0", action: now, input: {place: Oban}}
      - {name: papers, connector: "connector:community/papers@1.0.0", action: headlines}
  - name: leaflet
    connector: connector:community/print@1.0.0
    action: print
    timeout: 45
    continue_on_error: true
    retry: {max_attempts: 3, backoff: exponential, backoff_factor: 2}
    input:
      tide: "{{ steps.morning.tide.output }}"
      text: |
        Costs \${{ steps.morning.papers.output.price | round }}
  - name: note
    connector: connector:community/logging@1.0.0
    action: warn
    condition: "{{ steps.leaflet.status == 'failed' }}"
    input: {message: "No leaflet: {{ steps.leaflet.error }}"}
`,
  "a subworkflow and its outputs": `
steps:
  - name: sort_mail
    workflow: mail-sorting
    version: "1.2.0"
    input: {bag: "{{ inputs.bag }}"}
  - name: tell
    plugin: slack
    action: post_message
    input: {text: "{{ steps.sort_mail.outputs.letters }} letters in {{ env.OFFICE }}"}
`,
  "if, switch, loops, branches": `
steps:
  - {id: weigh, type: action, connector: "connector:community/scales@1.0.0", action: weigh}
  - id: heavy
    type: if
    condition: "{{ steps.weigh.output.kg > 30 && !steps.weigh.output.fragile }}"
    then: [{id: crane, type: action, connector: "connector:community/crane@1.0.0", action: lift}]
    else: [{id: hand, type: action, connector: "connector:community/hands@1.0.0", action: lift}]
  - id: route
    type: switch
    value: "{{ steps.weigh.output.zone }}"
    cases:
      north: [{id: to_north, type: action, connector: "connector:community/van@1.0.0", action: go}]
      2: [{id: hold, type: wait, duration: 7d}]
    default: [{id: unknown_zone, type: action, connector: "connector:community/logging@1.0.0", action: warn}]
  - id: labels
    type: forEach
    items: "{{ steps.weigh.output.parts }}"
    maxConcurrency: 3
    ordered: false
    continueOnError: true
    steps:
      - {id: label, type: action, connector: "connector:community/print@1.0.0", action: label, input: {part: "{{ item }}", n: "{{ index }}", last: "{{ isLast }}"}}
  - id: quotes
    type: parallel
    join: {count: 2}
    timeout: 60
    continueOnError: true
    branches:
      ship: [{id: ship_quote, type: action, connector: "connector:community/ship@1.0.0", action: quote}]
      rail: [{id: rail_quote, type: action, connector: "connector:community/rail@1.0.0", action: quote}]
      road: [{id: road_quote, type: action, connector: "connector:community/road@1.0.0", action: quote}]
  - id: first_quote
    type: parallel
    join: count(1)
    branches: {a: [{id: qa, plugin: ship, action: quote}]}
outputs:
  branch: {value: "{{ steps.quotes.branches.ship.output.price }}"}
  printed: {value: "{{ steps.labels.results }}"}
`,
  "waits, try, transforms, handoff, agent": `
steps:
  - {id: rest, type: wait, duration: 30s}
  - {id: until_nine, type: wait, until: {time: "2026-12-01T09:00:00Z"}}
  - {id: until_paid, type: wait, until: {event: invoice.paid, timeout: 86400, channel: webhook, filter: {amount: 12}}}
  - id: careful
    type: try
    retry: {maxAttempts: 3, backoff: exponential, backoffFactor: 2, retryOn: [timeout, rate_limit]}
    steps: [{id: call_out, type: action, connector: "connector:acme/orders@1.0.0", action: fetch}]
    catch: [{id: tell_ops, type: action, connector: "connector:community/slack@1.2.0", action: post, input: {text: "{{ error.message }} after {{ error.attemptCount }}"}}]
    finally: [{id: close, type: action, connector: "connector:acme/orders@1.0.0", action: close}]
  - id: pick
    type: transform
    language: jq
    expression: |
      {"n": (.rows | length), "names": [.rows[] | {id: .id}]}
  - id: speak
    type: transform
    language: template
    expression: "Total \${{ steps.careful.output.total }}"
  - id: code
    type: transform
    language: javascript
    timeout: 5
    expression: |
      return { twice: context.steps.pick.output.result.n * 2 };
  - id: ask
    type: agent
    agent: agent:acme/analyst@1.0.0
    backend: langchain
    input: {question: "{{ steps.speak.result }}"}
  - id: pass_on
    type: handoff
    selectAgent:
      - {condition: "{{ steps.ask.output.topic == 'money' }}", agent: "agent:acme/billing@1.0.0"}
      - {default: "agent:acme/general@1.0.0"}
    context: {history: "{{ steps.ask.output }}"}
    resumeAfter: true
  - {id: escalate, type: handoff, agent: "agent:acme/human@1.0.0", reason: "{{ steps.until_paid.timedOut }}", timeout: 600}
`,
  "dry runs, fixtures and guardrails": `
workflows:
  - name: Rehearsal
    version: 0.1.0
    testing:
      dryRun:
        enabled: true
        mockConnectors: true
        mockData:
          connector:community/ledger@1.0.0: {query: {rows: [{id: 1}]}}
      fixtures:
        - {name: usual, inputs: {user: u1}, expectedOutputs: {status: success}}
    steps:
      - name: judge
        connector: connector:community/judge@1.0.0
        action: read
        guardrails:
          piiDetection: true
          toxicityThreshold: 0.4
          blockedTopics: [rumours]
          maxCost: 0.2
          maxTokens: 500
          maxToolCalls: 2
          timeLimit: 20
          outputSchema: {type: object, required: [verdict]}
`,
  "streaming, redaction and audit": `
execution:
  streaming: {enabled: true, protocol: sse, events: [step.started, workflow.completed]}
  security:
    secretRedaction: {enabled: true, patterns: [pin], redactedValue: "(hidden)", blockOnExposure: true, scanFields: [logs]}
  audit:
    enabled: true
    level: info
    retention: 30
    piiRedaction: true
    piiFields: [phone]
    fields: [status]
    excludeFields: [input]
    destinations: [{type: s3, bucket: audits}]
`,
  "backends of steps and of the file": `
schemaVersion: 0.1.0
type: workflow
name: mixed
workflows:
  - name: Mixed
    backend: native
    steps:
      - {id: get, type: action, connector: "connector:community/ledger@1.0.0", action: query, execution: {backend: native}}
      - {id: think, type: agent, agent: "agent:acme/thinker@1.0.0", execution: {backend: langchain, runtime: python}, with: {data: "{{ steps.get.output }}"}}
`,
  "where steps run": `
workflow:
  name: Mixed Places
  steps:
    - {name: read, plugin: files, action: read, execution: local}
    - {name: enrich, plugin: lookup, action: enrich, execution: cloud, input: {data: "{{ steps.read.output }}"}}
    - {name: keep, plugin: database, action: insert, execution: self_hosted, input: {data: "{{ inputs.anything }}"}}
`,
  "inputs of every type, with template defaults": `
workflows:
  - name: Ledger
    inputs:
      day: {type: string, description: The day, default: "{{ today }}"}
      people: {type: array, description: Whom to write to, required: true}
      depth: {type: number, default: 2.5}
      full: {type: boolean, default: false}
      side: {type: string, enum: [debit, credit], default: debit}
      where: {type: object, properties: {x: {type: number}}, required: [x]}
    steps:
      - name: mail
        connector: connector:community/email@1.0.0
        action: send
        for_each: "{{ inputs.people }}"
        parallel: true
        input:
          to: "{{ item }}"
          attachments: [{url: "{{ inputs.day }}.png", filename: a.png}]
    outputs:
      count: {value: "{{ inputs.people | length }}", description: How many}
      done: {value: "{{ steps.mail.status == 'success' }}"}
`,
};

test.each(Object.entries(FORMS))("%s", (_, text) => {
  expect(readWorkflows(text, "yaml", { name: "a fragment" }).problems).toEqual([]);
});
