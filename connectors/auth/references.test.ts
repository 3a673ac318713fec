import { expect, test } from "vitest";
import { putReferences, referencesIn } from "./references.ts";

test("names of secrets and env values are found in every text of a connection's values, in both spellings", () => {
  const values = { token: "a ${ secrets.ONE }", headers: { "x-key": "{{ secrets.TWO }}", list: ["${env.REGION}"] } };
  expect(referencesIn(values)).toEqual({ secrets: ["ONE", "TWO"], env: ["REGION"], unreadable: false });
  expect(referencesIn({ token: "pa$${w}{{rd", number: 5, nothing: null })).toEqual({
    secrets: [],
    env: [],
    unreadable: false,
  });
});

test.each(["{{ secrets.KEY | base64 }}", "${input.token}", "${secrets.}", "{{ inputs.token }}", "${env.A.b}"])(
  "%s is nothing that a connection can refer to",
  (token) => {
    expect(referencesIn({ token })).toMatchObject({ unreadable: true });
  },
);

test("what is put in is not looked at again, and stands within its text", () => {
  const values = { token: "Key ${secrets.ONE}/{{ env.REGION }}", deep: { list: ["${secrets.ONE}", 7] } };
  const put = putReferences(values, { ONE: "${secrets.TWO}", TWO: "never" }, { REGION: { at: 1 } });
  expect(put).toEqual({ token: 'Key ${secrets.TWO}/{"at":1}', deep: { list: ["${secrets.TWO}", 7] } });
});
