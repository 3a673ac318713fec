import { expect, test } from "vitest";
import type { CheckedClient } from "./checked-client.ts";

/* What a connector's name means once it is published: cases for a platform that the file shares. */

interface Given {
  call: CheckedClient;
  publish(by: string, body: object): Promise<void>;
  keys(): { key: string; otherKey: string };
}

function connector(namespace: string, name: string, visibility = "public") {
  return {
    connector: { name, namespace, version: "1.0.0", description: "d", visibility },
    actions: [{ name: "go", handler: { http: { url: "https://example.com", method: "POST" } } }] as object[],
  };
}

export function publishedNames({ call, publish, keys }: Given): void {
  test("a name that several connectors of one's own have is never taken for a stranger's", async () => {
    const { key, otherKey } = keys();
    const own = (namespace: string) => connector(namespace, "ledger", "private");
    await publish(otherKey, own("books-a"));
    // While it is unique, the bare name is one's own, whatever others publish under it.
    await publish(key, connector("strange", "ledger"));
    expect((await call(otherKey, "GET", "/plugins/ledger")).body.namespace).toBe("books-a");
    await publish(otherKey, own("books-b"));
    const connectors = ["books-a/ledger", "books-b/ledger"];
    const refusal = {
      code: "NOT_FOUND",
      message: expect.stringContaining("with its namespace, books-a/ledger or books-b/ledger"),
      details: { connectors },
    };
    const paths: [string, string, object?][] = [
      ["POST", "/plugins/ledger/install"],
      ["DELETE", "/plugins/ledger/install"],
      ["GET", "/plugins/ledger"],
      ["GET", "/plugins/ledger/versions"],
      ["GET", "/plugins/ledger/1.0.0/schema"],
      ["PUT", "/plugins/ledger", connector("books-a", "ledger")],
      ["POST", "/register", { plugin_slug: "ledger", version: "1.0.0", url: "https://ledger.example.com" }],
    ];
    for (const [method, path, body] of paths)
      expect([path, await call(otherKey, method, path, body ? { body } : {})]).toMatchObject([
        path,
        { status: 404, body: refusal },
      ]);
    const refused = [
      ["/workflows", { name: "several", steps: [{ id: "s", connector: "ledger", action: "go" }] }],
      ["/connections", { connector: "ledger", name: "default", type: "BEARER", values: { token: "t" } }],
    ] as const;
    for (const [path, body] of refused)
      expect(await call(otherKey, "POST", path, { body })).toMatchObject({
        status: 400,
        body: { details: { constraint: refusal.message } },
      });
    // Whatever else a name with dots can mean, none of it is there.
    for (const action of ["ledger.go", "ledger.entries.go"])
      expect([action, await call(otherKey, "POST", "/execute", { body: { action } })]).toMatchObject([
        action,
        { status: 400, body: { details: { problems: [{ path: "/action", message: refusal.message }] } } },
      ]);
    const scoped = { value: "v", scope: { connectors: ["ledger"] } };
    expect(await call(otherKey, "PUT", "/secrets/LEDGER", { body: scoped })).toMatchObject({
      status: 400,
      body: { details: { problems: [{ path: "/scope/connectors/0", message: refusal.message }] } },
    });
    expect((await call(key, "GET", "/plugins/strange--ledger")).body.usage).toMatchObject({ installs: 1 });
    // With its namespace everything is there.
    expect((await call(otherKey, "POST", "/plugins/books-a--ledger/install")).status).toBe(200);
  });

  test("names with dots and underscores are used as they were published: by actions, and in scopes", async () => {
    const named = (name: string, action: string, module: string) => ({
      ...connector("ship.yard", name),
      actions: [{ name: action, handler: { code: { module } } }],
    });
    const said = (text: string) => `export const go = () => "${text}"; export default go;`;
    const two = named("my_crm.eu", "repos.list", said("eu repos.list"));
    two.actions.push({ name: "go", handler: { code: { module: said("eu go") } } });
    const { key } = keys();
    await publish(key, two);
    await publish(key, named("my_crm", "eu.go", said("eu.go")));
    const run = async (action: string) => [action, await call(key, "POST", "/execute", { body: { action } })];
    const says = (action: string, data: string) => [action, { status: 200, body: { data } }];
    for (const name of ["my_crm.eu", "ship.yard/my_crm.eu", "connector:ship.yard--my_crm.eu"])
      for (const version of ["", "@1", "@1.x"]) {
        for (const written of [`${name}.repos.list${version}`, `${name}${version}.repos.list`])
          expect(await run(written)).toMatchObject(says(written, "eu repos.list"));
        // Of two readings the longer connector.
        expect(await run(`${name}.go${version}`)).toMatchObject(says(`${name}.go${version}`, "eu go"));
      }
    expect(await run("my_crm@1.eu.go")).toMatchObject(says("my_crm@1.eu.go", "eu.go"));
    for (const none of ["my_crm.eu.repos.lost", "my_crm.uk.repos.list", "my_crm.eu.repos.list@2", "my_crm.eu.1", "go"])
      expect(await run(none)).toMatchObject([
        none,
        { status: 400, body: { details: { problems: [{ path: "/action" }] } } },
      ]);

    const scope = async (connector: string) => {
      const asked = { body: { value: "v", scope: { connectors: [connector] } } };
      return [connector, await call(key, "PUT", "/secrets/DOTTED", asked)];
    };
    for (const [written, kept] of [
      ["my_crm.eu", "ship.yard/my_crm.eu"],
      ["my_crm@1.0", "ship.yard/my_crm@1.0"],
      ["Ship.Yard/My_CRM.eu@1", "ship.yard/my_crm.eu@1"],
      ["connector:ship.yard--my_crm.eu@1.0.0", "ship.yard/my_crm.eu@1.0.0"],
      ["ship.yard/*", "ship.yard/*"],
    ] as const)
      expect(await scope(written)).toMatchObject([written, { status: 200, body: { scope: { connectors: [kept] } } }]);
    for (const none of [
      "ship.yard/*@1",
      "*/my_crm",
      "a/b/*",
      "*",
      "/*",
      "my_crm@latest",
      "my_crm.",
      "ship yard/my_crm",
    ])
      expect(await scope(none)).toMatchObject([none, { status: 400 }]);
  });
}
