import { WorkerEntrypoint } from "cloudflare:workers";

/** The step: one RPC, one addition. */
export default class Adder extends WorkerEntrypoint {
  add(a: number, b: number): { result: number } {
    return { result: a + b };
  }

  /** The step of a service: one RPC, one request. */
  async addAt(url: string, headers: Record<string, string>, a: number, b: number): Promise<{ result: number }> {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ a, b }) });
    return response.json();
  }

  override fetch(): Response {
    return new Response("the adder is reached by RPC", { status: 404 });
  }
}
