import { randomBytes } from "node:crypto";
import { beforeAll, expect } from "vitest";
import type { Answer } from "./client.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
/** Names of this run of the tests. */
export const stamp = Date.now().toString(36);
/** What signs, and the name under which the platform knows it after `setSecret`. */
export const SECRET = `whsec_${randomBytes(24).toString("base64")}`;
export const NAME = `HOOK_${stamp.toUpperCase()}`;
let made = 0;

export interface Hook {
  slug: string;
  id: string;
  url: string;
}

/** Makes a webhook trigger for a workflow of its own, which shows what it was given. */
export async function hook(config: JsonMap): Promise<Hook> {
  const slug = `hooked-${stamp}-${made++}`;
  const published = await outside.api.post("/workflows", {
    name: slug,
    inputs: { got: {} },
    steps: [{ id: "o", type: "output", value: "{{ inputs.got }}" }],
    outputs: { got: "{{ steps.o.output.value }}" },
  });
  if (published.status !== 201) throw new Error(published.text);
  const body = { workflow: slug, type: "webhook", path: slug, inputs: { got: "{{ trigger.payload }}" }, ...config };
  const answer = await outside.api.post("/triggers", body);
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return { slug, id: readText(answer.body, "id"), url: readText(answer.body, "url") };
}

/** Calls it as a stranger with headers. */
export const call = (
  { url }: Hook,
  raw: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  type = "application/json",
): Promise<Answer> => outside.api.request("POST", url, { raw, type, headers, key: null, upstream: true });

export const runsOf = async ({ slug }: Hook): Promise<Json[]> =>
  readList((await outside.api.get(`/workflows/executions?workflow=${slug}&limit=100`)).body, "data");

/** What the execution that a call started was given. */
export async function given(answer: Answer): Promise<Json | undefined> {
  expect(answer.status).toBe(202);
  const record = await outside.api.finished(readText(answer.body, "execution_id"));
  return read(record, "result.outputs.got");
}

/** How many executions there are when the list has had time to have all. */
export async function settled(one: Hook): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 2500));
  return (await runsOf(one)).length;
}

/** Before the tests of a suite: the platform knows the secret. */
export function setSecret(): void {
  beforeAll(async () => {
    expect((await outside.api.request("PUT", `/secrets/${NAME}`, { json: { value: SECRET } })).status).toBe(200);
  });
}
