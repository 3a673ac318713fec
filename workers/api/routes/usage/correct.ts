import * as z from "zod";
import { usageCorrection } from "../../../../contracts/api/usage.ts";
import { correctUsage } from "../../../services/usage/correct-usage.ts";
import type { OpenEndpoint } from "../../endpoint.ts";
import { refuseScript } from "../../middleware/bootstrap.ts";
import { parseBody } from "../../middleware/parse-request.ts";

/** For `npm run usage -- correct`. */
export const correctUsageRoute: OpenEndpoint = {
  open: true,
  hidden: true,
  method: "post",
  path: "/internal/usage/corrections",
  tag: "internal",
  summary: "Correct a record of usage by a further one",
  answers: { 201: { description: "The correction's id", schema: z.looseObject({}) } },
  async handle({ ports, request }) {
    const refused = refuseScript(ports, request);
    if (refused) return refused;
    const body = await parseBody(request, { kind: "json", schema: usageCorrection });
    if (!body.ok) return body;
    const corrected = await correctUsage(ports, usageCorrection.parse(body.value));
    return corrected.ok ? { status: 201, body: corrected.value } : corrected;
  },
};
