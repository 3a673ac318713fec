import { digestOf } from "../../../contracts/canonical-json.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { SettingUse } from "../../../contracts/setting-scope.ts";
import { audit } from "../../database/tables.ts";
import type { Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";

const BATCH = 200;

/**
 * Moves what the tenant object noted of uses of secrets and env values into the audit: a row an hour for each value and reader. Its
 * id is made of those, so that a use that is moved twice is one row.
 */
export async function auditUses(ports: Ports, owner: Owner): Promise<void> {
  for (;;) {
    const uses = await onTenant(ports, owner, (tenant) => tenant.settingUses(BATCH));
    const last = uses.at(-1)?.seq;
    if (last === undefined) return;
    await ports.database
      .insert(audit)
      .values(uses.map((use) => rowOf(owner, use)))
      .onConflictDoNothing();
    await onTenant(ports, owner, (tenant) => tenant.forgetSettingUses(last));
  }
}

function rowOf({ tenantId, environment }: Owner, { kind, name, connector, workflow, hour, at }: SettingUse) {
  const which = [tenantId, environment, kind, name, connector, workflow, hour];
  const actor = [workflow && `workflow:${workflow}`, connector && `connector:${connector}`].filter(Boolean).join("/");
  return {
    id: `aud_use_${digestOf(which).slice(0, 32)}`,
    tenantId,
    environment,
    actor: actor === "" ? "workflow" : actor,
    action: `${kind}.used`,
    subject: name,
    at: new Date(at),
  };
}
