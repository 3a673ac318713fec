import { outdatedList } from "../../../../contracts/api/connectors.ts";
import { listOutdated } from "../../../services/connectors/outdated.ts";
import { ofAll } from "./both-families.ts";

export const outdated = ofAll(
  "/outdated",
  {
    method: "get",
    tag: "connectors",
    summary: "List installed connectors that could be upgraded",
    scope: "connectors:read",
    answers: { 200: { description: "By name", schema: outdatedList } },
  },
  async ({ context }) => ({ status: 200, body: { data: await listOutdated(context) } }),
);
