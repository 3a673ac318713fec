import * as z from "zod";
import { growShardsBody } from "../../../../contracts/api/limits.ts";
import { growShards } from "../../../services/limits/grow-shards.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** For the scripts of a deployment (`npm run tenant -- shards`). */
export const growShardsRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "put",
  path: "/internal/shards",
  tag: "internal",
  summary: "Give a tenant more shards",
  answers: { 200: { description: "The map's version and the number of shards", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const refused = refuseScript(ports, request);
    if (refused) return refused;
    const body = await parseBody(request, { kind: "json", schema: growShardsBody });
    if (!body.ok) return body;
    const { tenant_id: tenantId, environment = "live", shards } = growShardsBody.parse(body.value);
    const grown = await growShards(ports, { tenantId, environment }, shards);
    return grown.ok ? { status: 200, body: { version: grown.value.version, shards: grown.value.count } } : grown;
  },
};
