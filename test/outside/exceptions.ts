/**
 * What the documents show and this platform does not do (yet), each with its reason. A test asserts that every row is
 * still needed: it fails as soon as the block or route works.
 */
const OTHER_PRODUCT = "configuration of another product (LangSwarm); section 18 gives its methods, not its files";
const METHOD_ARGUMENTS = "arguments of an executor method, not a file; the MCP methods of section 18 are a later issue";

/** Example blocks of the seeds, by `file:n`. */
export const BLOCK_EXCEPTIONS: Record<string, string> = {
  "execution-modes:9": "a docker-compose file",
  "workflow-executor:1": "a sketch, not YAML",
  "workflow-executor:2": METHOD_ARGUMENTS,
  "workflow-executor:3": OTHER_PRODUCT,
  "workflow-executor:4": OTHER_PRODUCT,
  "workflow-executor:5": "a docker-compose file",
  "workflow-executor:6": "a Kubernetes manifest",
  "workflow-executor:7": OTHER_PRODUCT,
  "workflow-executor:8": OTHER_PRODUCT,
  "workflow-executor:9": OTHER_PRODUCT,
  "workflow-executor:10": OTHER_PRODUCT,
  "workflow-executor:11": METHOD_ARGUMENTS,
  "workflow-executor:12": METHOD_ARGUMENTS,
  "workflow-executor:13": METHOD_ARGUMENTS,
  "workflow-executor:14": METHOD_ARGUMENTS,
  "workflow-executor:15": OTHER_PRODUCT,
};

/** Routes of the language document. */
export const ROUTE_EXCEPTIONS: Record<string, string> = {
  "POST /{plugin}/execute": "a route of the SDK's HTTP adapters, not of the platform",
};

/** Our own examples of the public specification's forms, by `file: id`. */
export const FIXTURE_EXCEPTIONS: Record<string, string> = {
  "connector-schema: actions as an agent adapter shows them, inside the connector":
    "an excerpt: without a handler there is nothing to call",
  "security: a sharing of secrets, in a file of its own":
    "secrets are set by PUT /secrets/{name}; there is no file of them",
  "security: a trust policy of a registry": "the configuration of a client, not a workflow or connector",
  "security: a signed plugin": "signatures are detached (section 10)",
  "security: an agent manifest":
    "manifests of agents are not published: an agent step needs a model that no deployment has yet",
  "security: security monitoring": "the configuration of an operator, not a workflow or connector",
};
