/** What reaches, or seems to reach, beyond the isolate. None of it would get anywhere: `globalOutbound` is null. */
const AMBIENT = ["caches", "WebSocket", "WebSocketPair", "EventSource", "Cloudflare", "navigator"];

/** Takes away what published code is not promised, so that trying it fails at once and plainly. */
export function removeAmbient(scope: object): void {
  // They stand on the prototype of the scope: what hides them is a property of its own.
  for (const name of AMBIENT) Reflect.defineProperty(scope, name, { value: undefined });
}
