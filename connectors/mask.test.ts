import { describe, expect, test } from "vitest";
import { Masker, textForms } from "./mask.ts";

const SECRET = 's3cr\\et/+"token"=ü &x';

function maskerOf(...values: (string | number)[]): Masker {
  const masker = new Masker();
  for (const value of values) masker.add(value);
  return masker;
}

/** What of a base64 text depends on the secret alone, found by encoding it between two different surroundings. */
function encodedBetween(before: string, after: string): string {
  return Buffer.from(`${before}${SECRET}${after}`).toString("base64");
}

describe("a masker", () => {
  test("finds a secret in every form in which it may come back", () => {
    const forms = [
      SECRET,
      encodeURIComponent(SECRET),
      encodeURIComponent(SECRET).replaceAll("%20", "+"),
      new URLSearchParams({ a: SECRET }).toString(),
      JSON.stringify({ a: SECRET }),
      Buffer.from(SECRET).toString("hex"),
      Buffer.from(SECRET).toString("hex").toUpperCase(),
      Buffer.from(SECRET).toString("base64"),
      Buffer.from(SECRET).toString("base64url"),
    ];
    for (const form of forms) expect(maskerOf(SECRET).text(`<${form}>`), form).toContain("***");
  });

  test("no encoder of texts changes what is made of letters, digits, dots, dashes and underscores", () => {
    for (const plain of ["AZaz09", "sk_live-4.2", "eyJhbGciOi.J9-_.x", "____", "..--"])
      expect([...new Set(textForms(plain))]).toEqual([plain]);
    for (const other of ["a b", "a~b", "a/b", "é", "a+b", "a=b", "a'b", "a*b"])
      expect(new Set(textForms(other)).size, other).toBeGreaterThan(1);
  });

  test("finds what is made of plain letters in base64 and hex, too", () => {
    const token = "sk_live-4.2eC39HqLyjW";
    for (const form of [
      Buffer.from(token).toString("hex"),
      Buffer.from(token).toString("hex").toUpperCase(),
      Buffer.from(`user:${token}`).toString("base64"),
      Buffer.from(`a${token}b`).toString("base64url"),
      Buffer.from(`ab${token}b`).toString("base64"),
    ])
      expect(maskerOf(token).text(`<${form}>`), form).toContain("***");
  });

  test("finds a secret in the text of a page or of a program's JSON, as different encoders write it", () => {
    const secret = `p/a<b>&"c'd*é`;
    const forms = [
      "p/a&lt;b&gt;&amp;&quot;c&#39;d*é",
      `p/a&lt;b&gt;&amp;"c'd*é`,
      "p/a&lt;b&gt;&amp;&#34;c&#39;d*é",
      `p\\/a<b>&\\"c'd*\\u00e9`,
      `p/a\\u003cb\\u003e\\u0026\\"c'd*é`,
      `p/a\\u003cb\\u003e\\u0026\\"c\\u0027d*\\u00e9`,
      JSON.stringify(JSON.stringify(secret)),
      "p/a%3Cb%3E%26%22c%27d%2A%C3%A9",
      "p%2fa%3cb%3e%26%22c%27d%2a%c3%a9",
      encodeURIComponent(encodeURIComponent(secret)),
    ];
    for (const form of forms) expect(maskerOf(secret).text(`<${form}>`), form).toContain("***");
  });

  test("leaves no first part of a secret at the end of a text whose rest was not read, in any form", () => {
    const masker = maskerOf(SECRET, "other-secret-1", "s3crets");
    for (const form of [SECRET, encodeURIComponent(SECRET), encodedBetween("", ""), "other-secret-1"])
      for (let kept = 4; kept <= form.length; kept += 1)
        expect(masker.beginning(`before ${form.slice(0, kept)}`), form.slice(0, kept)).toMatch(
          /^before (\*\*\*.{0,3})?$/,
        );
    expect(masker.beginning("before other-thing")).toBe("before other-thing");
    // What is taken away may leave the first part of another.
    expect(maskerOf("long-secret", "cretin").beginning("a long-secret")).toBe("a ");
  });

  test("finds it inside a longer base64 text at every offset", () => {
    for (const before of ["", "a", "ab", "abc", "user:"]) {
      const text = encodedBetween(before, "tail");
      const masked = maskerOf(SECRET).text(text);
      expect(masked, before).toContain("***");
      expect(masked.length, before).toBeLessThan(text.length / 2);
    }
  });

  test("masks keys, numbers and texts at any depth, and leaves everything else alone", () => {
    const masker = maskerOf("tok-1234", 987654);
    expect(masker.json({ "tok-1234": [{ a: "x tok-1234 y", n: 987654, m: 5, b: true, z: null }] })).toEqual({
      "***": [{ a: "x *** y", n: "***", m: 5, b: true, z: null }],
    });
  });

  test("takes the longer secret first, and does not mask what is too short to be one", () => {
    expect(maskerOf("abcd", "abcdefgh").text("abcdefgh abcd")).toBe("*** ***");
    expect(maskerOf("a", "xyz").text("a banana xyz")).toBe("a banana xyz");
  });
});
