import { MOST_FIXTURES, type WorkflowTestAnswer, type WorkflowTestBody } from "../../../contracts/api/workflow-test.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { CallContext } from "../../../contracts/rpc.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import { MockData } from "../../../engine/fixtures/mock-data.ts";
import { type Fixture, readTesting } from "../../../engine/fixtures/read-testing.ts";
import type { TransformHost } from "../../../engine/fixtures/fixture-world.ts";
import { type FixtureResult, runFixture } from "../../../engine/fixtures/run-fixture.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { compilePlan } from "../../../engine/plan/compile-plan.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { Context } from "../context.ts";
import { refuseCaller } from "../executions/refuse-caller.ts";
import { onTenant } from "../object-calls.ts";
import { resolveWorkflow } from "./resolve.ts";
import { shortenResults } from "./shorten-results.ts";

/** Transforms really run: they are pure, and a sandbox bounds them. */
function transformHost({ ports, caller }: Context, { name, version }: WorkflowDefinition): TransformHost {
  const context: CallContext = {
    tenantId: caller.tenantId,
    environment: caller.environment,
    executionId: "exec_fixture",
    workflowName: name,
    workflowVersion: version,
    runAttempt: 1,
    isolated: false,
  };
  return async (call) => {
    try {
      return await ports.code.invoke(call, context);
    } catch {
      return { ok: false, error: { code: "UNAVAILABLE", message: "The sandbox for transforms did not answer" } };
    }
  };
}

/** What a run with inputs of the moment is called. */
const AD_HOC = "inputs";

/** The fixtures that a request means, or why it means none. */
function wantedFixtures(written: readonly Fixture[], { fixtures, inputs }: WorkflowTestBody): Fixture[] | Problem[] {
  const adHoc: Fixture[] = inputs === undefined ? [] : [{ name: AD_HOC, inputs }];
  const names = written.map((fixture) => fixture.name);
  const problems: Problem[] = [];
  for (const [index, name] of (fixtures ?? []).entries()) {
    if (names.includes(name)) continue;
    const suggestion = nearestName(name, names);
    const message = `The workflow has no fixture "${name}".`;
    problems.push({ path: `/fixtures/${index}`, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }
  if (problems.length > 0) return problems;
  const every = fixtures === undefined && inputs === undefined;
  const wanted = [...written.filter(({ name }) => every || fixtures?.includes(name)), ...adHoc];
  if (wanted.length === 0)
    return [
      { path: "/inputs", message: "The workflow has no fixtures in testing.fixtures: give inputs to run it with." },
    ];
  if (wanted.length > MOST_FIXTURES)
    return [{ path: "/fixtures", message: `One call runs at most ${MOST_FIXTURES} fixtures: name some of them.` }];
  return wanted;
}

function areProblems(wanted: Fixture[] | Problem[]): wanted is Problem[] {
  return wanted.some((it) => "message" in it);
}

/**
 * Runs a published workflow's fixtures without calling anything: time is virtual, connectors are mocked, nothing is stored
 * or metered.
 */
export async function testWorkflow(
  context: Context,
  reference: string,
  body: WorkflowTestBody,
): Promise<Result<WorkflowTestAnswer>> {
  const planned = await resolveWorkflow(context, reference);
  if (!planned.ok) return planned;
  const { source, envNames } = planned.value;
  const refused = refuseCaller(context, source.definition);
  if (refused) return refused;
  const { mocked, mockData, fixtures } = readTesting(source.definition);
  if (!mocked) {
    const message = "Tests always mock connectors: testing.dryRun of this workflow asks for real calls.";
    return validationFailure([{ path: "/testing/dryRun", message }]);
  }
  const wanted = wantedFixtures(fixtures, body);
  if (areProblems(wanted)) return validationFailure(wanted);
  const { ports, caller } = context;
  const workflow = `${source.definition.slug}@${source.definition.version}`;
  const env: JsonObject =
    envNames.length === 0
      ? {}
      : await onTenant(ports, caller, (tenant) => tenant.envValues([...envNames], { workflow }));
  const plan = compilePlan(source);
  const mocks = new MockData([body.mock_data ?? {}, mockData]);
  const principal = { roles: [...caller.roles], permissions: [...caller.permissions] };
  const transform = transformHost(context, source.definition);
  const results: FixtureResult[] = [];
  for (const fixture of wanted) results.push(await runFixture({ plan, fixture, mocks, env, principal, transform }));
  const passed = results.filter((result) => result.passed).length;
  return success({ passed, failed: results.length - passed, results: shortenResults(results) });
}
