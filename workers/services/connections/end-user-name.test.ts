import { expect, test } from "vitest";
import { endUserName } from "./end-user-name.ts";
import { isMadeByLink } from "./is-made-by-link.ts";

test("end users whose ids begin equally for as long as a name may be have names of their own, each always the same", () => {
  const start = "u".repeat(199);
  const names = ["a", "b"].map((end) => endUserName(start + end));
  expect(new Set(names).size).toBe(2);
  expect(names).toEqual(["a", "b"].map((end) => endUserName(start + end)));
  for (const name of names) expect(name).toHaveLength(100);
});

test("an id that fits stands in the name as it is", () => {
  expect(endUserName("user-17")).toBe("end user user-17");
  expect(endUserName("u".repeat(91))).toBe(`end user ${"u".repeat(91)}`);
});

test("a connection is known as a link's by its name, also by the name that the release before gave", () => {
  const endUser = "u".repeat(150);
  const names = [endUserName(endUser), `end user ${"u".repeat(91)}`, `end user ${"u".repeat(90)}`, "of the team"];
  expect(names.map((name) => isMadeByLink({ endUser, name }))).toEqual([true, true, false, false]);
  expect(isMadeByLink({ endUser: null, name: "end user ada" })).toBe(false);
});
