import * as z from "zod";
import { rotateMasterKey } from "../../../services/vault/rotate-master-key.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";

/** For the scripts of a deployment. Without BOOTSTRAP_TOKEN there is no such path. */
export const rotateMasterKeyRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "post",
  path: "/internal/vault/rotate",
  tag: "internal",
  summary: "Seal everything under the current master key",
  answers: { 200: { description: "What was sealed again", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    return refuseScript(ports, request) ?? { status: 200, body: await rotateMasterKey(ports) };
  },
};
