import { describe, expect, test } from "vitest";
import { isInScope } from "./setting-scope.ts";

const reader = { connector: "acme/me@1.2.3", workflow: "pay@2.0.0" };

describe("a scope", () => {
  test("that there is none of lets everybody read", () => {
    expect(isInScope(null, {})).toBe(true);
    expect(isInScope({}, {})).toBe(true);
  });

  test.each([
    [["acme/me"], true],
    [["acme/me@1"], true],
    [["acme/me@1.2"], true],
    [["acme/me@1.2.3"], true],
    [["acme/me@1.2.30"], false],
    [["acme/me@2"], false],
    [["acme/*"], true],
    [["ac/*"], false],
    [["acme/m"], false],
    [["acme/mee"], false],
    [["other/me", "acme/me"], true],
    [[], false],
  ])("of connectors %j: %s", (connectors, expected) => {
    expect(isInScope({ connectors }, reader)).toBe(expected);
  });

  test("of workflows does not include a definition that nobody has published, whatever it calls itself", () => {
    expect(isInScope({ workflows: ["pay"] }, reader)).toBe(true);
    expect(isInScope({ workflows: ["pay@2"] }, reader)).toBe(true);
    expect(isInScope({ workflows: ["pay@1"] }, reader)).toBe(false);
    expect(isInScope({ workflows: ["pay"] }, { connector: "acme/me@1.2.3" })).toBe(false);
  });

  test("of a part of a version is not for versions that only begin with its digits", () => {
    expect(isInScope({ connectors: ["acme/me@1"] }, { connector: "acme/me@12.0.0" })).toBe(false);
    expect(isInScope({ connectors: ["acme/me@1.2"] }, { connector: "acme/me@1.20.0" })).toBe(false);
  });

  test("of both asks for both", () => {
    const both = { connectors: ["acme/me"], workflows: ["pay"] };
    expect(isInScope(both, reader)).toBe(true);
    expect(isInScope(both, { ...reader, workflow: "play@2.0.0" })).toBe(false);
    expect(isInScope(both, { ...reader, connector: "acme/you@1.2.3" })).toBe(false);
    expect(isInScope(both, { workflow: "pay@2.0.0" })).toBe(false);
  });
});
