import type { StartCommand } from "../../contracts/rpc.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { Scenario } from "../conformance/host.ts";

const ACTOR = "key_conformance";

/** The start of a case. */
export function startCommand({ source, inputs, env, start }: Scenario, executionId: string): StartCommand {
  const { roles = [], permissions = [], actor = ACTOR, budget, concurrency, start_after_ms: delay } = start;
  return {
    executionId,
    tenantId: "ten_conformance",
    environment: "test",
    planDigest: executionId,
    plan: withVersions(source, calledVersion(executionId)),
    inputs,
    env,
    mode: "async",
    actor,
    principal: { roles, permissions },
    budget,
    concurrency,
    maxSteps: start.max_steps,
    startAt: delay === undefined ? undefined : Date.now() + delay,
  };
}

/** Executions that steps start have ids that nobody foresees: their workflows' version says whose they are. */
export function calledVersion(executionId: string): string {
  return `1.0.0-${executionId.replace("_", "-")}`;
}

function withVersions(source: PlanSource, version: string): PlanSource {
  if (!source.workflows) return source;
  const called = Object.entries(source.workflows).map(([key, one]) => {
    if (one === "self") return [key, one] as const;
    return [key, withVersions({ ...one, definition: { ...one.definition, version } }, version)] as const;
  });
  return { ...source, workflows: Object.fromEntries(called) };
}
