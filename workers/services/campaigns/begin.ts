import type { Campaign, CampaignBody } from "../../../contracts/api/campaigns.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import type { CampaignOrder } from "../../../contracts/campaigns-rpc.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { ID_PREFIX } from "../../../contracts/ids.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { executions } from "../../database/tables.ts";
import { auditLater } from "../audit-later.ts";
import type { Context } from "../context.ts";
import { catchUp } from "../executions/catch-up.ts";
import { NEWEST_FIRST } from "../executions/newest-first.ts";
import { executionFilter } from "../executions/execution-filter.ts";
import { newId } from "../new-id.ts";
import { onCampaigns } from "../object-calls.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { campaignView } from "./campaign-view.ts";

/** Executions of one campaign. */
const MOST = 10_000;
const PREVIEWED = 100;

type Begun = { kind: "campaign"; campaign: Campaign } | { kind: "preview"; matched: number; executions: string[] };

/** Chooses the executions as they are now, and begins. With an Idempotency-Key, once. */
export async function beginCampaign(
  context: Context,
  body: CampaignBody,
  idempotencyKey: string | undefined,
): Promise<Result<Begun>> {
  const { ports, caller } = context;
  const wrong = await unfit(context, body);
  if (wrong) return wrong;
  await catchUp(context);
  const rows = await ports.database
    .select({ id: executions.executionId })
    .from(executions)
    .where(executionFilter(caller, body.filter))
    .orderBy(...NEWEST_FIRST)
    .limit(MOST + 1);
  if (rows.length > MOST) {
    const message = `More than ${MOST} executions fit: narrow the filter, by "since" and "until" for instance.`;
    return validationFailure([{ path: "/filter", message }]);
  }
  const ids = rows.map(({ id }) => id);
  if (body.dry_run) return success({ kind: "preview", matched: ids.length, executions: ids.slice(0, PREVIEWED) });
  const filter = Object.fromEntries(Object.entries(body.filter).filter(([, value]) => value !== undefined));
  const order: CampaignOrder = {
    id: idOf(context, idempotencyKey),
    owner: { tenantId: caller.tenantId, environment: caller.environment },
    action: body.action,
    reason: body.reason,
    compensate: body.compensate,
    version: body.version,
    fromStep: body.from_step,
    actor: { keyId: caller.keyId, roles: [...caller.roles], permissions: [...caller.permissions] },
  };
  const made = await onCampaigns(ports, caller, (it) =>
    it.create({ order, filter, bodyHash: digestOf(asJson(body)), atOnce: body.at_once, executionIds: ids }),
  );
  if ("ok" in made) return made;
  // It has begun, whatever becomes of Postgres, which its first steps keep busy: a refusal now would have somebody begin another.
  auditLater(context, `campaign.${body.action}`, made.order.id);
  return success({ kind: "campaign", campaign: campaignView(made) });
}

/** The same for the same key: a repeat after a lost answer finds what it began. */
function idOf({ ports, caller }: Context, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return newId(ports, "campaign");
  return ID_PREFIX.campaign + digestOf([caller.tenantId, caller.environment, idempotencyKey]).slice(0, 26);
}

/** Members that do not go with the action, and versions that there are not. */
async function unfit(context: Context, body: CampaignBody): Promise<Failure | undefined> {
  const { action, version, filter } = body;
  const members = { reason: ["cancel"], compensate: ["cancel"], version: ["retry", "migrate"], from_step: ["retry"] };
  const problems = Object.entries(members)
    .filter(([member, actions]) => asJson(body)[member] !== undefined && !actions.includes(action))
    .map(([member]) => ({ path: `/${member}`, message: `"${member}" does not go with "${action}".` }));
  if (action === "migrate" && version === undefined)
    problems.push({ path: "/version", message: "A migration needs a version." });
  if (version !== undefined && filter.workflow === undefined)
    problems.push({ path: "/filter/workflow", message: "A version is a workflow's: name it." });
  if (problems.length > 0) return validationFailure(problems);
  if (version === undefined || filter.workflow === undefined) return undefined;
  const reference = version === "latest" ? filter.workflow : `${filter.workflow}@${version}`;
  const found = await resolveWorkflow(context, reference);
  return found.ok ? undefined : failure(found.code, found.message, found.details);
}

/** The body was parsed from JSON and only lost what it did not have. */
function asJson(body: CampaignBody): JsonObject {
  return body as JsonObject;
}
