import { expect, test } from "vitest";
import { readConnector } from "./read-connector.ts";

/** Problems of a file with one action, as `line:column message`. */
function problemsOf(action: string, more = ""): string[] {
  const text = `connector: {name: a, namespace: acme, version: 1.0.0${more}}\nactions:\n  - name: x\n${action}`;
  return readConnector(text, "yaml").problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}
const declares = (names: string) => `, runtime: {environment: [${names}]}`;

test("a secret that a connector does not declare is refused with its place, wherever it is named", () => {
  const refused = (place: string) => [
    expect.stringMatching(new RegExp(`^${place} \\$\\{secrets.KEY\\} is not declared`)),
  ];
  const handler = (http: string) => problemsOf(`    handler:\n      http:\n        method: POST\n${http}`);
  expect(handler("        url: 'https://a.example/${secrets.KEY}'\n        body: {}\n")).toEqual(refused("7:14"));
  expect(handler("        url: https://a.example\n        headers:\n          a: '${secrets.KEY}'\n")).toEqual(
    refused("9:14"),
  );
  expect(handler("        url: https://a.example\n        query: {a: [x, '{{ secrets.KEY }}']}\n")).toEqual(
    refused("8:24"),
  );
  expect(handler("        url: https://a.example\n        body: {a: {b: 'x ${secrets.KEY}'}}\n")).toEqual(
    refused("8:23"),
  );
  expect(handler("        url: https://a.example\n        auth: {type: bearer, token: '${secrets.KEY}'}\n")).toEqual(
    refused("8:37"),
  );
  // An action that is its own handler, and the tools of a server.
  expect(problemsOf("    url: https://a.example\n    method: GET\n    headers: {a: '${secrets.KEY}'}\n")).toEqual(
    refused("6:18"),
  );
  expect(problemsOf("    handler: {mcp: {url: https://a.example, tool: x, headers: {a: '${secrets.KEY}'}}}\n")).toEqual(
    refused("4:67"),
  );
  const server = (text: string) => {
    const { problems } = readConnector(`connector: {name: a, namespace: acme, version: 1.0.0}\n${text}`, "yaml");
    return problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  };
  expect(server("server: 'https://a.example/${secrets.KEY}'\n")).toEqual(refused("2:9"));
  expect(server("server:\n  url: https://a.example\n  headers: {a: '${secrets.KEY}'}\n")).toEqual(refused("4:16"));
});

test("declared names are taken, as a name alone and as a secret; misspelt ones are told what was meant", () => {
  const action = "    url: https://a.example\n    method: GET\n    headers: {a: '${secrets.API_KEY}'}\n";
  expect(problemsOf(action, declares("API_KEY"))).toEqual([]);
  expect(problemsOf(action, declares("{name: API_KEY, secret: true}"))).toEqual([]);
  expect(problemsOf(action, declares("API_KEYS"))).toEqual([expect.stringContaining('did you mean "API_KEYS"?')]);
});

test("what is declared as no secret is none, and a secret has no default", () => {
  const action = "    url: https://a.example\n    method: GET\n    headers: {a: '${secrets.REGION}'}\n";
  expect(problemsOf(action, declares("{name: REGION, secret: false}"))).toEqual([
    expect.stringContaining(
      "6:18 ${secrets.REGION} asks for a secret, but runtime.environment says that REGION is none",
    ),
  ]);
  expect(problemsOf(action, declares("{name: REGION, secret: true, default: eu}"))).toEqual([
    expect.stringContaining("REGION is a secret: it has no default"),
  ]);
});

test("a name is declared once: the second place is refused, whatever the two say of it", () => {
  const action = "    url: https://a.example\n    method: GET\n    headers: {a: '${secrets.KEY}'}\n";
  const twice = [expect.stringMatching(/^1:\d+ KEY is declared twice in environment/)];
  expect(problemsOf(action, declares("KEY, {name: KEY, secret: false}"))).toEqual(twice);
  expect(problemsOf(action, declares("{name: KEY, secret: true}, OTHER, KEY"))).toEqual(twice);
  const beside = `connector:
  name: a
  namespace: acme
  version: 1.0.0
  environment:
    - KEY
    - name: KEY
      secret: false
actions:
  - name: x
${action}`;
  const { problems } = readConnector(beside, "yaml");
  expect(problems).toMatchObject([{ path: "/connector/environment/1", line: 7, column: 7 }]);
});

test("what only looks like a secret's name is nobody's business: texts for people, schemas, the source of code", () => {
  const described = "    description: 'send ${secrets.KEY}'\n    url: https://a.example\n    method: GET\n";
  expect(problemsOf(described)).toEqual([]);
  expect(
    problemsOf("    handler: {code: {module: 'export const x = () => `${secrets.KEY}`;'}}\n", ", kind: code"),
  ).toEqual([]);
});
