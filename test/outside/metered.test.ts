/*
 * Suites that need tenants of their own, whose use and limits are known to the unit: one platform for all of them.
 */
import "./metrics.suite.ts";
import "./quotas.suite.ts";
import "./usage.suite.ts";
