import type * as z from "zod";
import { type Endpoint, type EndpointRequest, type EndpointSpec, endpoint } from "../../endpoint.ts";
import { connectorParams, connectorVersionParams, slugParams, slugVersionParams } from "../path-params.ts";

type Spec<Query, Body> = Omit<EndpointSpec<undefined, Query, Body>, "path" | "params" | "handle">;
type Given<Query, Body> = Omit<EndpointRequest<undefined, Query, Body>, "params">;
type Handled = ReturnType<EndpointSpec<undefined, undefined, undefined>["handle"]>;

/** One operation on all connectors by both addresses: `/plugins…` and `/connectors…`. */
export function ofAll<Query = undefined, Body = undefined>(
  suffix: string,
  spec: Spec<Query, Body>,
  handle: (request: Given<Query, Body>) => Handled,
): Endpoint[] {
  return ["/plugins", "/connectors"].map((family) =>
    endpoint<undefined, Query, Body>({ ...spec, path: `${family}${suffix}`, handle }),
  );
}

/** One operation on a connector by both of its names: `/plugins/{slug}…` and `/connectors/{namespace}/{name}…`. */
export function ofConnector<Query = undefined, Body = undefined>(
  suffix: string,
  spec: Spec<Query, Body>,
  handle: (slug: string, request: Given<Query, Body>) => Handled,
): Endpoint[] {
  return [
    endpoint<z.infer<typeof slugParams>, Query, Body>({
      ...spec,
      path: `/plugins/{slug}${suffix}`,
      params: slugParams,
      handle: (request) => handle(request.params.slug, request),
    }),
    endpoint<z.infer<typeof connectorParams>, Query, Body>({
      ...spec,
      path: `/connectors/{namespace}/{name}${suffix}`,
      params: connectorParams,
      handle: (request) => handle(`${request.params.namespace}/${request.params.name}`, request),
    }),
  ];
}

/** Likewise of one version. */
export function ofVersion<Query = undefined, Body = undefined>(
  suffix: string,
  spec: Spec<Query, Body>,
  handle: (slug: string, version: string, request: Given<Query, Body>) => Handled,
): Endpoint[] {
  return [
    endpoint<z.infer<typeof slugVersionParams>, Query, Body>({
      ...spec,
      path: `/plugins/{slug}/{version}${suffix}`,
      params: slugVersionParams,
      handle: (request) => handle(request.params.slug, request.params.version, request),
    }),
    endpoint<z.infer<typeof connectorVersionParams>, Query, Body>({
      ...spec,
      path: `/connectors/{namespace}/{name}/{version}${suffix}`,
      params: connectorVersionParams,
      handle: (request) => {
        const { namespace, name, version } = request.params;
        return handle(`${namespace}/${name}`, version, request);
      },
    }),
  ];
}
