import { WorkerEntrypoint } from "cloudflare:workers";

/** The step: one RPC, one addition. */
export default class Adder extends WorkerEntrypoint {
  add(a: number, b: number): { result: number } {
    return { result: a + b };
  }

  override fetch(): Response {
    return new Response("the adder is reached by RPC", { status: 404 });
  }
}
