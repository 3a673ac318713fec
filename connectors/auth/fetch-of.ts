import type { OpenConnection } from "./credentials.ts";

/**
 * What sends a request of a connection: with its client certificate (MTLS) to the origin that the request is for, without to any
 * other that this one redirects to.
 */
export function fetchOf(connection: OpenConnection | null, plain: typeof fetch): typeof fetch {
  const certified = connection?.certifiedFetch;
  if (certified === undefined) return plain;
  let own: string | undefined;
  return (target, init) => {
    const { origin } = new URL(target instanceof Request ? target.url : target);
    own ??= origin;
    return origin === own ? certified(target, init) : plain(target, init);
  };
}
