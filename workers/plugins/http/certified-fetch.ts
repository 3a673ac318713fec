import { certificateBinding, isCertificateOf, readClientCertificates } from "../../../contracts/client-certificates.ts";
import type { Env } from "./env.ts";

interface Fetcher {
  fetch: typeof fetch;
}

function isFetcher(bound: unknown): bound is Fetcher {
  return typeof bound === "object" && bound !== null && typeof Reflect.get(bound, "fetch") === "function";
}

/** A fetch that shows the certificate of that name; undefined where it is not bound here, or not for this tenant. */
export function certifiedFetch(env: Env, tenantId: string, name: string): typeof fetch | undefined {
  const known = readClientCertificates(env.CLIENT_CERTIFICATES).get(name);
  const bound: unknown = Reflect.get(env, certificateBinding(name));
  if (!isCertificateOf(known, tenantId) || !isFetcher(bound)) return undefined;
  return (target, init) => bound.fetch(target, init);
}
