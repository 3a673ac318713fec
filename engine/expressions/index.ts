// biome-ignore lint/performance/noBarrelFile: the one door of this room, named in its README
export { type CompileOptions, compileCondition, compileExpression, compileTemplate, compileValue } from "./compile.ts";
export { ExpressionError } from "./expression-error.ts";
export { FUNCTIONS } from "./functions/all-functions.ts";
export type { FunctionRow, Parameter } from "./functions/function-row.ts";
export { LIMITS } from "./limits.ts";
export { ROOTS } from "./roots.ts";
export { SecretsRoot } from "./secrets-root.ts";
export { containsSecret, revealSecrets, secretNames } from "./secrets.ts";
export { TESTS, type TestRow } from "./tests.ts";
export {
  type Compiled,
  type CompileResult,
  type ExpressionProblem,
  LazyMap,
  type Reference,
  type Scope,
  type SecretValue,
  type Value,
} from "./types.ts";
export { equals, isSecret, toText, truthy } from "./values.ts";
