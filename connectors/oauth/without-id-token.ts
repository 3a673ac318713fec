import { isObject, type Json } from "../../engine/json.ts";

/** A token endpoint's answer without its `id_token`; what is no JSON object stays as it is. */
export async function withoutIdToken(response: Response): Promise<Response> {
  const text = await response.text();
  const { status, headers } = response;
  return new Response(text === "" ? null : rest(text), { status, headers });
}

function rest(text: string): string {
  try {
    const read = JSON.parse(text) as Json;
    if (!isObject(read) || !("id_token" in read)) return text;
    const { id_token: _, ...others } = read;
    return JSON.stringify(others);
  } catch {
    return text;
  }
}
