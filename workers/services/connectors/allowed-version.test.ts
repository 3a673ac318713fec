import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { allowedVersion } from "./allowed-version.ts";
import type { CatalogEntry } from "./catalog.ts";

const facts = (trust: "verified" | "community") => ({
  publisher: "ten_other",
  sha256: "",
  visibility: "public" as const,
  trust,
  deprecated: null,
  publishedAt: null,
});
const ENTRY: CatalogEntry = {
  namespace: "notary",
  name: "deed",
  versions: ["1.0.0", "1.1.0", "1.2.0"],
  installed: null,
  facts: { "1.0.0": facts("verified"), "1.1.0": facts("verified"), "1.2.0": facts("community") },
};
const CATALOG = { policy: { allow: ["official" as const, "verified" as const], own: true, blocked: [] } };
// Of the context the caller's tenant alone is read.
const CONTEXT = { caller: { tenantId: "ten_me" } } as unknown as Context;
const allowed = (picked: string, range?: string) => allowedVersion(CONTEXT, CATALOG, ENTRY, picked, range);

test("a range takes the highest version that the trust policy allows; one that is named, or installed, is refused", () => {
  expect(allowed("1.2.0", "^1")).toEqual({ ok: true, version: "1.1.0" });
  expect(allowed("1.1.0", "~1.1")).toEqual({ ok: true, version: "1.1.0" });
  expect(allowed("1.2.0", "1.2.0")).toMatchObject({
    ok: false,
    message: expect.stringContaining("1.2.0 is community"),
  });
  expect(allowed("1.2.0")).toMatchObject({ ok: false });
  expect(allowed("1.2.0", "~1.2")).toMatchObject({
    ok: false,
    message: expect.stringMatching(/No version that is ~1.2/),
  });
  const blocked = { policy: { ...CATALOG.policy, blocked: ["notary/*"] } };
  expect(allowedVersion(CONTEXT, blocked, ENTRY, "1.2.0", "^1")).toMatchObject({ ok: false });
});
