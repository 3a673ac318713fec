import { expect, test } from "vitest";
import { namespaceKind } from "./namespaces.ts";

test("community is open where the platform is developed, and the platform's own elsewhere", () => {
  expect(namespaceKind("community", "development")).toBe("open");
  expect(namespaceKind("community", "staging")).toBe("platform");
  expect(namespaceKind("community", "production")).toBe("platform");
});

test.each(["development", "production"] as const)("reserved names are never a tenant's in %s", (deployment) => {
  expect(["smartify", "official", "acme"].map((name) => namespaceKind(name, deployment))).toEqual([
    "platform",
    "platform",
    "tenant",
  ]);
});
