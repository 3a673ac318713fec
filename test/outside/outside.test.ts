/*
 * One file, so that all suites share one platform. One suite alone: `vitest run test/outside -t "for_each"`.
 */
import "./actors.suite.ts";
import "./approvals.suite.ts";
import "./bounds.suite.ts";
import "./compensation.suite.ts";
import "./concurrency.suite.ts";
import "./connectors.suite.ts";
import "./control-flow.suite.ts";
import "./examples.suite.ts";
import "./executions.suite.ts";
import "./expressions.suite.ts";
import "./findings.suite.ts";
import "./graphs.suite.ts";
import "./hostile.suite.ts";
import "./inputs.suite.ts";
import "./keyed-events.suite.ts";
import "./keys.suite.ts";
import "./limits.suite.ts";
import "./logic-steps.suite.ts";
import "./one-action.suite.ts";
import "./outcomes.suite.ts";
import "./races.suite.ts";
import "./retry.suite.ts";
import "./secrets.suite.ts";
import "./seed-blocks.suite.ts";
import "./specification.suite.ts";
import "./steering.suite.ts";
import "./subworkflows.suite.ts";
import "./transforms.suite.ts";
import "./waits-and-signals.suite.ts";
import "./workflow-tests.suite.ts";
import "./workflows.suite.ts";
