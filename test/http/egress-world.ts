import { pinAction } from "../../connectors/manifest/pin-action.ts";
import { readConnector } from "../../connectors/manifest/read-connector.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { COMPATIBILITY_DATE, LOCAL_NETWORK, PUBLIC_NETWORK } from "../../scripts/platform/runtime.ts";
import { type HttpPlugin, startHttpPlugin } from "./http-plugin.ts";
import { type FakeResolver, startResolver } from "./resolver.ts";
import { type Origin, startOrigin } from "./two-origins.ts";

/**
 * The http plugin and everything that it can reach, all on this machine. `canary` is a place that no rule lets anybody reach, `net`
 * stands for the public internet, `home` and `other` for two services of development.
 */
export interface EgressWorld {
  canary: Origin;
  net: Origin;
  home: Origin;
  other: Origin;
  resolver: FakeResolver;
  plugin: HttpPlugin;
  canaryUrl: string;
  /** What has arrived is forgotten. */
  forget(): void;
  close(): Promise<void>;
}

/** Says what a network does with an address, by itself. */
const NETWORK_PROBE = `export default { async fetch(request, env) {
  const { network, target } = await request.json();
  try { const answer = await env[network].fetch(target); return Response.json({ status: answer.status }); }
  catch (error) { return Response.json({ error: String(error) }); }
} };`;

export async function startEgressWorld(): Promise<EgressWorld> {
  const [canary, net, home, other] = await Promise.all([startOrigin(), startOrigin(), startOrigin(), startOrigin()]);
  const resolver = await startResolver({});
  const plugin = await startHttpPlugin({
    hosts: { "home:8080": `127.0.0.1:${home.port}`, "other:8080": `127.0.0.1:${other.port}` },
    vars: { DNS_RESOLVER_URL: resolver.url },
    bindings: { PUBLIC_NETWORK: { type: "external", address: `127.0.0.1:${net.port}`, http: {} } },
    workers: [
      {
        config: {
          name: "network-probe",
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: { mainModule: "main.js", modules: { "main.js": { type: "esm", contents: NETWORK_PROBE } } },
          env: { ours: PUBLIC_NETWORK, local: LOCAL_NETWORK, any: { type: "network", allow: ["public", "private"] } },
        },
      },
    ],
  });
  const origins = [canary, net, home, other];
  return {
    ...{ canary, net, home, other, resolver, plugin },
    canaryUrl: `http://127.0.0.1:${canary.port}/canary`,
    forget() {
      for (const { arrived } of origins) arrived.length = 0;
    },
    async close() {
      await plugin.stop();
      await Promise.all([...origins, resolver].map((server) => server.close()));
    },
  };
}

/** The path by which an `Origin` redirects. */
export const redirect = (status: number, target: string) => `/to/${status}?${encodeURIComponent(target)}`;

/** The same as the address of a service that may be called. */
export const redirectsHome = (status: number, target: string) => `http://home:8080${redirect(status, target)}`;

/** An action of a connector with a key of its own, that posts. */
export function keyed(http: string): ActionCall["action"] {
  const { manifest, problems } = readConnector(
    `connector: {name: keyed, namespace: acme, version: 1.0.0}\nauth: {type: apiKey, header: X-Api-Key}\nactions:\n  - name: act\n    handler: {http: ${http}}\n`,
    "yaml",
  );
  const action = manifest && pinAction(manifest, "act");
  if (action === undefined) throw new Error(JSON.stringify(problems));
  return action;
}
