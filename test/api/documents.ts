/** Adds two numbers: the smallest workflow that calls something. */
export const SUM = `
workflow:
  name: Sum
  version: 1.0.0
  inputs:
    a: {type: number, required: true}
    b: {type: number, default: 2}
  steps:
    - id: sum
      connector: connector:community/calculator@1
      action: add
      input: {a: "{{ inputs.a }}", b: "{{ inputs.b }}"}
  outputs:
    sum: "{{ steps.sum.output.result }}"
`;

export const YAML = "application/yaml";
