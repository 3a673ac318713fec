const work = (id: string, after: string, ms = 15): string =>
  `{id: ${id}, connector: "connector:community/counting@1.0.0", action: work, input: {ms: ${ms}, after: "${after}"}}`;
const after = (step: string): string => `{{ steps.${step}.output.nonce }}`;

/** A call during which its object has nothing to do. */
export const LONG_CALL_MS = 7_000;

/** Larger than a row may be, once a step has it thrice. */
export const TOO_LARGE = "x".repeat(700_000);

/** One workflow for each way through the coordinator that a kill may find it on. */
export const FAULT_WORKFLOWS = `
workflows:
  - name: Chain
    steps:
      - ${work("one", "")}
      - ${work("two", after("one"), 25)}
    outputs: {last: "${after("two")}"}
  - name: Fan
    steps:
      - id: each
        for_each: [1, 2, 3]
        parallel: true
        connector: connector:community/counting@1.0.0
        action: flaky
        input: {ms: 15, after: "{{ item }}"}
        retry: {max_attempts: 5, backoff: fixed, initial_delay_ms: 20}
      - ${work("join", "{{ steps.each.output[2].nonce }}")}
    outputs: {last: "${after("join")}"}
  - name: Cached
    inputs: {word: {type: string, required: true}}
    steps:
      - {id: one, connector: "connector:community/calculator@1.0.0", action: add, input: {a: 1, b: 1}, cache: {ttl: 10m, key: "{{ inputs.word }}"}}
    outputs: {last: "{{ steps.one.output.result }}"}
  - name: Caller
    steps:
      - {id: child, workflow: Chain}
      - ${work("then", "{{ steps.child.outputs.last }}")}
    outputs: {last: "${after("then")}"}
  - name: Listener
    steps:
      - {id: said, type: wait, until: {event: said}}
      - ${work("then", "{{ steps.said.output.eventReceived.word }}")}
    outputs: {last: "${after("then")}"}
  - name: Keyed
    inputs: {order: {type: string, required: true}}
    steps:
      - {id: paid, type: wait, until: {event: paid, key: "{{ inputs.order }}"}}
      - ${work("then", "{{ steps.paid.output.eventReceived.word }}")}
    outputs: {last: "${after("then")}"}
  - name: Turn
    inputs: {key: {type: string, required: true}}
    concurrency: {key: "{{ inputs.key }}", limit: 1, strategy: queue}
    steps:
      - ${work("one", "", 30)}
    outputs: {last: "${after("one")}"}
  - name: Broken
    inputs: {by: {type: integer}, key: {type: string}}
    concurrency: {key: "{{ inputs.key }}", limit: 1, strategy: queue}
    steps:
      - ${work("one", "")}
      - {id: split, connector: "connector:community/calculator@1.0.0", action: divide, input: {a: 1, b: "{{ inputs.by }}"}}
      - ${work("two", after("one"))}
    outputs: {last: "${after("two")}"}
  - name: Mover
    version: 1.0.0
    steps:
      - ${work("one", "")}
      - {id: go, type: wait, until: {event: go}}
    outputs: {last: "${after("one")}"}
  - name: Much
    steps:
      - {id: one, connector: "connector:community/counting@1.0.0", action: work, input: {ms: 5, bytes: 1100000}}
    outputs: {last: "${after("one")}"}
  - name: Over
    inputs: {word: {type: string, required: true}}
    steps:
      - {id: child, workflow: Cached, input: {word: "{{ inputs.word }}"}}
    outputs: {last: "{{ steps.child.outputs.last }}"}
  - name: Later
    inputs: {word: {type: string, required: true}}
    steps:
      - {id: task, connector: "connector:community/counting@1.0.0", action: later, input: {ms: 5}, cache: {ttl: 10m, key: "{{ inputs.word }}"}}
    outputs: {last: "{{ steps.task.output.done }}"}
  - name: Poison
    inputs: {big: {type: string}}
    steps:
      - ${work("one", "")}
      - {id: thrice, connector: "connector:community/calculator@1.0.0", action: add, input: {a: "{{ inputs.big }}", b: "{{ inputs.big }}", c: "{{ inputs.big }}"}}
  - name: Budgeted
    steps:
      - ${work("one", "")}
      - ${work("two", after("one"))}
    outputs: {last: "${after("two")}"}
  - name: Slow
    steps:
      - ${work("one", "")}
      - ${work("two", after("one"), 600)}
    outputs: {last: "${after("two")}"}
  - name: Long
    steps:
      - ${work("one", "", LONG_CALL_MS)}
      - ${work("two", after("one"))}
    outputs: {last: "${after("two")}"}
`;

/** The version to which executions of Mover are taken while they wait. */
export const NEXT_MOVER = `
workflows:
  - name: Mover
    version: 1.1.0
    steps:
      - ${work("one", "")}
      - {id: go, type: wait, until: {event: go}}
      - ${work("two", after("one"))}
    outputs: {last: "${after("two")}"}
`;
