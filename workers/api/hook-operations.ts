import type { RouteConfig } from "@hono/zod-openapi";
import * as z from "zod";
import { errorBody } from "../../contracts/api/error.ts";
import { hookAccepted, hookEnded, hookParams } from "../../contracts/api/hooks.ts";
import { HTTP_STATUS } from "../../contracts/errors.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const ABOUT = `The address of a webhook trigger: it answers the methods and takes the proof (a signature, a bearer, nothing) that the
trigger says. A failed run of one that answers synchronously has the code and status of its error.`;

/** The addresses of webhook triggers, which another door serves (`workers/hooks/`): here they are only described. */
export function hookOperations(): RouteConfig[] {
  const json = (schema: z.ZodType) => ({ "application/json": { schema } });
  const refusal = (status: number) => ({
    description: `Refused, or the run failed: ${namesOf(status)}`,
    content: json(errorBody),
  });
  const statuses = new Set<number>([...Object.values(HTTP_STATUS), 405, 415]);
  const refusals = Object.fromEntries([...statuses].map((status) => [status, refusal(status)]));
  return METHODS.map((method) => ({
    method,
    path: "/hooks/{tenant}/{path}",
    tags: ["triggers"],
    summary: "Call a webhook trigger",
    description: ABOUT,
    security: [],
    request: {
      params: hookParams,
      ...(method === "get" || method === "delete" ? {} : { body: { required: false, content: BODIES } }),
    },
    responses: {
      200: {
        description: "Synchronous: it has completed. Slack's `url_verification`: its challenge",
        content: json(hookEnded),
      },
      202: { description: "Accepted: durable, and started once", content: json(hookAccepted) },
      ...refusals,
    },
  }));
}

const BODIES = {
  "application/json": { schema: z.unknown() },
  "application/x-www-form-urlencoded": { schema: z.looseObject({}) },
  "text/plain": { schema: z.string() },
};

function namesOf(status: number): string {
  const names = Object.entries(HTTP_STATUS).flatMap(([code, its]) => (its === status ? [code] : []));
  return names.length > 0 ? names.join(" or ") : "VALIDATION";
}
