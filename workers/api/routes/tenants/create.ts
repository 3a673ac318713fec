import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { createTenantBody } from "../../../../contracts/api/keys.ts";
import { failure } from "../../../../contracts/errors.ts";
import { createTenant } from "../../../services/tenants/create.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** Equal texts, found out in a time that says nothing of where they differ: their hashes are compared whole. */
function sameToken(given: string, wanted: string): boolean {
  const left = sha256(utf8ToBytes(given));
  const right = sha256(utf8ToBytes(wanted));
  return left.reduce((difference, byte, at) => difference | (byte ^ (right[at] ?? 0)), 0) === 0;
}

/** For the scripts of a deployment. Without BOOTSTRAP_TOKEN there is no such path. */
export const createTenantRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "post",
  path: "/internal/tenants",
  tag: "internal",
  summary: "Create a tenant and its first key",
  answers: { 201: { description: "The tenant and its key", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const { bootstrapToken } = ports;
    if (bootstrapToken === undefined || bootstrapToken === "")
      return failure("NOT_FOUND", "There is nothing at this path.");
    const given = /^Bootstrap +(\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    if (!sameToken(given, bootstrapToken)) return failure("UNAUTHENTICATED", "The bootstrap token is not valid.");
    const body = await parseBody(request, { kind: "json", schema: createTenantBody });
    if (!body.ok) return body;
    const { name, environment = "live" } = createTenantBody.parse(body.value);
    return { status: 201, body: await createTenant(ports, name, environment) };
  },
};
