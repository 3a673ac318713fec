import * as z from "zod";
import type { OpenEndpoint } from "../../endpoint.ts";

export const openApi: OpenEndpoint = {
  open: true,
  method: "get",
  path: "/openapi.json",
  tag: "platform",
  summary: "This description",
  answers: {
    200: { description: "OpenAPI 3.1", schema: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApiDocument" }) },
  },
  async handle(request) {
    return { status: 200, body: request.openApi(), headers: { "cache-control": "public, max-age=60" } };
  },
};
