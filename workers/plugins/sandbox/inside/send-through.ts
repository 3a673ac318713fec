import type { SandboxHost } from "../../../../contracts/code-sandbox-rpc.ts";

/** Stands for the connection's base URL, which the platform alone knows how to reach: `fetch("/path")`. */
const CONNECTION = "https://connection.invalid";
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/** `fetch` by way of the call's host: bodies are read whole on both ways. */
export async function sendThrough(host: SandboxHost, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const relative = typeof input === "string" && /^\/(?!\/)/.test(input);
  const request = new Request(relative ? CONNECTION + input : input, init);
  const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
  const { url, method, headers, signal } = request;
  signal.throwIfAborted();
  const sent = host.send({ url, method, headers: [...headers], body });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const answer = await Promise.race([sent, aborted]);
  if (!answer.ok) throw new TypeError(answer.message);
  const response = new Response(WITHOUT_BODY.includes(answer.status) ? null : answer.body, {
    status: answer.status,
    statusText: answer.statusText,
    headers: answer.headers,
  });
  Object.defineProperties(response, { url: { value: answer.url }, redirected: { value: answer.redirected } });
  return response;
}
