import * as z from "zod";
import { keyPage } from "../../../../contracts/api/keys.ts";
import { pageQuery } from "../../../../contracts/api/pages.ts";
import { listKeys } from "../../../services/keys/list.ts";
import { endpoint } from "../../endpoint.ts";

export const list = endpoint({
  method: "get",
  path: "/keys",
  tag: "keys",
  summary: "List keys",
  scope: "keys:read",
  query: z.strictObject(pageQuery),
  answers: { 200: { description: "Keys that are valid, without the keys themselves", schema: keyPage } },
  async handle({ context, query }) {
    const page = await listKeys(context, query);
    return page.ok ? { status: 200, body: page.value } : page;
  },
});
