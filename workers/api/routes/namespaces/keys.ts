import { publisherKey, publisherKeyBody, publisherKeyList } from "../../../../contracts/api/connectors.ts";
import { addPublisherKey, listPublisherKeys, revokePublisherKey } from "../../../services/connectors/publisher-keys.ts";
import { endpoint } from "../../endpoint.ts";
import { namespaceKeyParams, namespaceParams } from "../path-params.ts";

export const addPublisherKeyRoute = endpoint({
  method: "post",
  path: "/namespaces/{namespace}/keys",
  tag: "connectors",
  summary: "Register a key that signs connectors",
  scope: "keys:write",
  params: namespaceParams,
  body: { kind: "json", schema: publisherKeyBody },
  answers: { 201: { description: "Registered", schema: publisherKey } },
  refusals: ["NOT_FOUND", "FORBIDDEN"],
  async handle({ context, params, body }) {
    const added = await addPublisherKey(context, params.namespace, body);
    return added.ok ? { status: 201, body: added.value } : added;
  },
});

export const listPublisherKeysRoute = endpoint({
  method: "get",
  path: "/namespaces/{namespace}/keys",
  tag: "connectors",
  summary: "List the keys of a namespace",
  scope: "connectors:read",
  params: namespaceParams,
  answers: { 200: { description: "Oldest first, revoked ones too", schema: publisherKeyList } },
  async handle({ context, params }) {
    return { status: 200, body: { data: await listPublisherKeys(context, params.namespace) } };
  },
});

export const revokePublisherKeyRoute = endpoint({
  method: "delete",
  path: "/namespaces/{namespace}/keys/{id}",
  tag: "connectors",
  summary: "Revoke a key of a namespace",
  description: "What it signed is no longer `verified`.",
  scope: "keys:write",
  params: namespaceKeyParams,
  answers: { 200: { description: "Revoked", schema: publisherKey } },
  refusals: ["NOT_FOUND"],
  async handle({ context, params }) {
    const revoked = await revokePublisherKey(context, params.namespace, params.id);
    return revoked.ok ? { status: 200, body: revoked.value } : revoked;
  },
});
