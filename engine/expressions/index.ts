// biome-ignore lint/performance/noBarrelFile: the one door of this room, named in its README
export { compileCondition, compileTemplate, compileValue } from "./compile.ts";
export { ExpressionError } from "./expression-error.ts";
export { SecretsRoot } from "./secrets-root.ts";
export { containsSecret } from "./secrets.ts";
