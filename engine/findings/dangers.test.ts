import { describe, expect, test } from "vitest";
import { readWorkflows } from "../definition/read-workflows.ts";
import { analysed, type TestPins } from "./analyse-for-test.ts";

/** Codes of what is said of one input member, without the unused inputs. */
function said(member: string, pins?: TestPins): string[] {
  return analysed(
    `inputs: {name: {type: string}, n: {type: integer}, table: {}}\nsteps:\n  - {id: before, plugin: p, action: q}\n  - {id: a, plugin: p, action: run, with: {${member}}}\n`,
    pins,
  )
    .findings.filter(({ code }) => code !== "unused-input")
    .map(({ severity, code, path }) => `${severity} ${code} ${path}`);
}

describe("text that something carries out", () => {
  test.each([
    ["sql: \"SELECT * FROM t WHERE name = '{{ inputs.name }}'\"", "sql"],
    ['query: "select id from users where name = {{ inputs.name }}"', "query"],
    ['query: "{{ \\"DELETE FROM t WHERE id = \\" ~ steps.before.output.id }}"', "query"],
    ["query: \"{{ 'UPDATE t SET x = ' + trigger.payload.x }}\"", "query"],
    ['statement: "INSERT INTO t VALUES ({% if inputs.n %}{{ inputs.name | upper }}{% endif %})"', "statement"],
  ])("is built from data: %s", (member, name) => {
    expect(said(member)).toEqual([`warning sql-built-from-data /steps/1/with/${name}`]);
  });

  test.each([
    ['command: "ls {{ inputs.name }}"', "command"],
    ['cmd: ["sh", "-c", "rm {{ steps.before.output }}"]', "cmd/2"],
    ['options: {script: "echo {{ trigger.payload.text }}"}', "options/script"],
  ])("is built from data for a shell: %s", (member, name) => {
    expect(said(member)).toEqual([`warning command-built-from-data /steps/1/with/${name}`]);
  });

  test("the schema may say that a member is SQL or a shell's", () => {
    const pin = (schema: object): TestPins => ({
      run: { input: { type: "object", properties: { text: { ...schema } } } },
    });
    const member = 'text: "x {{ inputs.name }}"';
    expect(said(member, pin({ format: "sql" }))).toEqual(["warning sql-built-from-data /steps/1/with/text"]);
    expect(said(member, pin({ description: "The SQL statement" }))).toHaveLength(1);
    expect(said(member, pin({ "x-language": "bash" }))).toEqual(["warning command-built-from-data /steps/1/with/text"]);
    expect(said(member, pin({ description: "Text to show" }))).toEqual([]);
  });

  test.each([
    'sql: "SELECT * FROM t WHERE name = ?", params: ["{{ inputs.name }}"]',
    'sql: "{{ inputs.name }}"',
    'sql: "SELECT * FROM t LIMIT {{ inputs.n }}"',
    'sql: "SELECT * FROM t LIMIT {{ inputs.name | length }}"',
    "sql: \"SELECT * FROM t WHERE day = '{{ today }}' AND run = '{{ execution.id }}'\"",
    'query: "weather in {{ inputs.name }}"',
    'query: {city: "in {{ inputs.name }}"}',
    'text: "ls {{ inputs.name }}"',
    'command: "ls {{ env.FOLDER }}"',
    'command: ["ls", "--like={{ inputs.name }}"]',
  ])("is not: %s", (member) => {
    expect(said(member)).toEqual([]);
  });
});

describe("env values", () => {
  test("whose names say that they are secrets are pointed out, with the secret where one may stand", () => {
    const pins: TestPins = { run: { secretMembers: ["/headers/*"] } };
    const { findings } = analysed(
      'steps: [{id: a, plugin: p, action: run, with: {headers: {X: "{{ env.API_KEY }}"}, body: "{{ env.DB_PASSWORD }}"}}]\n',
      pins,
    );
    expect(findings).toMatchObject([
      {
        code: "env-looks-like-a-secret",
        severity: "info",
        path: "/steps/0/with/headers/X",
        suggestion: "secrets.API_KEY",
      },
      { code: "env-looks-like-a-secret", severity: "info", path: "/steps/0/with/body" },
    ]);
    expect(findings[1]).not.toHaveProperty("suggestion");
    expect(said('body: "{{ env.REGION }} {{ env.TOKENIZER }} {{ env.KEYBOARD }}"')).toEqual([]);
  });
});

describe("secrets", () => {
  test.each([
    "nodes: [{id: a, plugin: p, action: q, set: {k: secrets.KEY}}]",
    "nodes: [{id: a, plugin: p, action: q, keep: {k: secrets.KEY}}]",
    'steps: [{id: a, plugin: p, action: q, cache: {key: "{{ secrets.KEY }}"}}]',
    'concurrency: {key: "{{ secrets.KEY }}"}\nsteps: [{id: a, plugin: p, action: q}]',
    'inputs: {x: {default: "{{ secrets.KEY }}"}}\nsteps: [{id: a, plugin: p, action: q}]',
    "nodes: [{id: a, plugin: p, action: q}]\nedges: [{from: a, to: a, when: secrets.KEY}]",
  ])("are refused where they would be kept: %s", (text) => {
    expect(readWorkflows(`name: x\n${text}\n`, "yaml").problems).toMatchObject([
      { message: expect.stringContaining("a secret may stand only") },
    ]);
  });
});
