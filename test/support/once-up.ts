const PATIENCE_MS = 60_000;

/**
 * A platform that has just come up may answer 503 until its first queries are through, which clients are told to repeat. What asks more than once
 * and may do something brings an Idempotency-Key.
 */
export async function onceUp(ask: () => Promise<Response>): Promise<Response> {
  for (const end = Date.now() + PATIENCE_MS; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const response = await ask();
    if (response.status !== 503 || Date.now() > end) return response;
    await response.body?.cancel();
  }
}
