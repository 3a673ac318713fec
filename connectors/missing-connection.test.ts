import { expect, test } from "vitest";
import { missingConnection } from "./missing-connection.ts";

const told = async (wanted: { ref?: string; endUser?: string }, names: string[] | Error) => {
  const deps = {
    connectLink: async () => "",
    now: () => 0,
    connectionNames: async () => {
      if (names instanceof Error) throw names;
      return names;
    },
  };
  return (await missingConnection({}, { connector: "acme/a", ...wanted }, null, deps)).error.message;
};

test("a call that finds no connection is told which there are, and what to do", async () => {
  expect(await told({}, ["blue", "green"])).toBe(
    'acme/a has no connection named `default`, but "blue", "green": name one `default`, or set `connection` on the step',
  );
  expect(await told({ ref: "gren" }, ["green"])).toContain('no connection named gren, but "green"');
  expect(await told({}, [])).toBe("acme/a has no connection: create one");
  expect(await told({ endUser: "ada" }, ["green"])).toBe("acme/a has no connection of the end user ada: create one");
  expect(await told({}, new Error("gone"))).toBe("acme/a has no connection: create one");
});
