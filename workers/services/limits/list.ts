import type { LimitView } from "../../../contracts/api/limits.ts";
import { LIMIT_NAMES, LIMITS, limitsOf } from "../../../contracts/limits.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/** Every limit of the caller's tenant and environment, with what is used of it. */
export async function listLimits({ ports, caller }: Context): Promise<{ data: LimitView[] }> {
  const { settings, used } = await onTenant(ports, caller, async (tenant) => ({
    settings: await tenant.settings(),
    used: await tenant.limitsUsed(),
  }));
  const defaults = limitsOf(ports.defaultLimits);
  const limits = limitsOf(ports.defaultLimits, settings.limits);
  const data = LIMIT_NAMES.map((name): LimitView => {
    const use = used.find((it) => it.name === name);
    const { maximum, unit, description } = LIMITS[name];
    return {
      name,
      limit: limits[name],
      default: defaults[name],
      maximum,
      unit,
      description,
      ...(use ? { used: use.used } : {}),
      ...(use?.resetsAt === undefined ? {} : { resets_at: new Date(use.resetsAt).toISOString() }),
    };
  });
  return { data };
}
