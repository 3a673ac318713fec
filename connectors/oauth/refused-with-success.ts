import { isObject, type Json } from "../../engine/json.ts";

/**
 * A token endpoint's answer as RFC 6749 has it: some providers refuse with 200 and an `error` in the body (GitHub; Slack besides `ok: false`),
 * which comes out as 400 with that error. Any other answer stays as it is.
 */
export async function refusedWithSuccess(response: Response): Promise<Response> {
  if (response.status !== 200) return response;
  const text = await response.text();
  const error = errorIn(text);
  if (error === undefined)
    return new Response(text === "" ? null : text, { status: response.status, headers: response.headers });
  const headers = { "content-type": "application/json" };
  return new Response(JSON.stringify({ error }), { status: 400, headers });
}

function errorIn(text: string): string | undefined {
  try {
    const read = JSON.parse(text) as Json;
    if (!isObject(read) || "access_token" in read) return undefined;
    return typeof read.error === "string" && read.error !== "" ? read.error : undefined;
  } catch {
    return undefined;
  }
}
