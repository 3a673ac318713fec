/*
 * One file, so that all suites share one platform. One suite alone: `vitest run test/outside -t "for_each"`.
 */
import "./connectors.suite.ts";
import "./control-flow.suite.ts";
import "./examples.suite.ts";
import "./executions.suite.ts";
import "./expressions.suite.ts";
import "./hostile.suite.ts";
import "./inputs.suite.ts";
import "./keys.suite.ts";
import "./limits.suite.ts";
import "./one-action.suite.ts";
import "./outcomes.suite.ts";
import "./races.suite.ts";
import "./retry.suite.ts";
import "./secrets.suite.ts";
import "./seed-blocks.suite.ts";
import "./specification.suite.ts";
import "./workflows.suite.ts";
