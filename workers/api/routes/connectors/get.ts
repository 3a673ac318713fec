import { connectorDetail } from "../../../../contracts/api/connectors.ts";
import { getConnector } from "../../../services/connectors/get.ts";
import { endpoint } from "../../endpoint.ts";
import { connectorParams, connectorVersionParams } from "../path-params.ts";

export const get = endpoint({
  method: "get",
  path: "/connectors/{namespace}/{name}",
  tag: "connectors",
  summary: "Get a connector by namespace",
  scope: "connectors:read",
  params: connectorParams,
  answers: { 200: { description: "The installed version, else the highest", schema: connectorDetail } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getConnector(context, `${params.namespace}/${params.name}`);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});

export const getConnectorVersion = endpoint({
  method: "get",
  path: "/connectors/{namespace}/{name}/{version}",
  tag: "connectors",
  summary: "Get a version of a connector by namespace",
  scope: "connectors:read",
  params: connectorVersionParams,
  answers: { 200: { description: "The version", schema: connectorDetail } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const found = await getConnector(context, `${params.namespace}/${params.name}`, params.version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
});
