import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Unstable_Config, unstable_readConfig } from "wrangler";
import { type DeployStage, firstStages, usualStages } from "../../scripts/deploy-stages.ts";
import { COMPATIBILITY_DATE, describeWorkers, SWEEP_CRON, WORKER_ENTRIES } from "../../scripts/platform/runtime.ts";

/* What is deployed is what was tested: the wrangler.toml files and the local runtime say the same, and the stages fit. */

const ROOT = join(import.meta.dirname, "../..");
const ENVIRONMENTS = ["staging", "production"];
/** What a deployment has as secrets or may set, and what only a machine of one's own has. */
const NOT_IN_TOML = [
  "BOOTSTRAP_TOKEN",
  "DATABASE_URL",
  "DNS_RESOLVER_URL",
  "DEVELOPMENT_HOSTS",
  "EXECUTION_ID_KEY",
  "LOCAL_NETWORK",
  "MASTER_KEY",
  "NEON_LOCAL",
  "PUBLIC_NETWORK",
  "PUBLIC_URL",
  "RECEIPT_KEYS",
  "SANDBOX_STUCK_MS",
];
const VARS = Object.fromEntries(["ENVIRONMENT_NAME", ...NOT_IN_TOML].map((name) => [name, "x"]));

type Bindings = Record<string, object | string>;

/** A Worker as both sides can say it. */
interface Facts {
  date: string | undefined;
  flags: string[];
  bindings: Bindings;
  objects: string[];
  queues: object[];
}

function readStage({ config }: DeployStage, environment: string): Unstable_Config {
  return unstable_readConfig({ config: join(ROOT, config), env: environment }, { hideWarnings: true });
}

/** A name of a deployment without its environment: resources of the environments never meet. */
function plain(name: string | undefined, environment: string): string {
  const text = String(name);
  if (text.endsWith("-dead")) return `${plain(text.slice(0, -"-dead".length), environment)}-dead`;
  if (!text.endsWith(`-${environment}`)) throw new Error(`${text} does not say that it is ${environment}'s`);
  return text.slice(0, -environment.length - 1);
}

function factsOfToml(config: Unstable_Config, environment: string): Facts {
  const bindings: Bindings = {};
  for (const { name, class_name, script_name } of config.durable_objects.bindings)
    bindings[name] = { worker: plain(script_name ?? config.name, environment), object: class_name };
  for (const { binding, service } of config.services ?? []) bindings[binding] = { worker: plain(service, environment) };
  for (const { binding, queue } of config.queues.producers ?? [])
    bindings[binding] = { queue: plain(queue, environment) };
  for (const { binding, bucket_name } of config.r2_buckets)
    bindings[binding] = { bucket: plain(bucket_name, environment) };
  for (const { binding } of config.worker_loaders) bindings[binding] = "loader";
  for (const name of Object.keys(config.vars)) bindings[name] = "text";
  return {
    date: config.compatibility_date,
    flags: config.compatibility_flags,
    bindings,
    objects: config.migrations.flatMap(({ new_sqlite_classes }) => new_sqlite_classes ?? []).sort(),
    queues: (config.queues.consumers ?? []).map((queue) => ({
      name: plain(queue.queue, environment),
      size: queue.max_batch_size,
      wait: queue.max_batch_timeout,
      retries: queue.max_retries,
      dead: plain(queue.dead_letter_queue, environment),
    })),
  };
}

function factsOfRuntime({ config }: ReturnType<typeof describeWorkers>[number]): Facts {
  const bindings: Bindings = {};
  for (const [name, binding] of Object.entries(config.env ?? {})) {
    if (binding.type === "durable-object") bindings[name] = { worker: binding.worker, object: binding.exportName };
    else if (binding.type === "worker") bindings[name] = { worker: binding.worker };
    else if (binding.type === "queue") bindings[name] = { queue: binding.name };
    else if (binding.type === "r2") bindings[name] = { bucket: binding.name ?? "" };
    else if (binding.type === "worker-loader") bindings[name] = "loader";
    else if (!NOT_IN_TOML.includes(name)) bindings[name] = binding.type;
  }
  const queues = (config.triggers ?? []).flatMap((trigger) =>
    trigger.type === "queue"
      ? [
          {
            name: trigger.name,
            size: trigger.maxBatchSize,
            wait: trigger.maxBatchTimeout,
            retries: trigger.maxRetries,
            dead: trigger.deadLetterQueue,
          },
        ]
      : [],
  );
  const objects = Object.keys(config.exports ?? {}).sort();
  return { date: config.compatibilityDate, flags: config.compatibilityFlags ?? [], bindings, objects, queues };
}

const local = describeWorkers({
  dataDir: "",
  port: 0,
  vars: VARS,
  entries: WORKER_ENTRIES,
  onCrash: () => undefined,
});

test.each(ENVIRONMENTS)("the Workers of %s are the Workers that run locally", (environment) => {
  const deployed = usualStages().map((stage) => readStage(stage, environment));
  const toml = Object.fromEntries(
    deployed.map((config) => [plain(config.name, environment), factsOfToml(config, environment)]),
  );
  expect(toml).toEqual(Object.fromEntries(local.map((worker) => [worker.config.name, factsOfRuntime(worker)])));
  const mains = deployed.map((config) => config.main?.slice(ROOT.length + 1));
  expect(mains.sort()).toEqual(local.map(({ entry }) => entry).sort());
  const crons = deployed.flatMap(({ triggers }) => triggers.crons ?? []);
  expect(crons, "the sweeper alone is scheduled").toEqual([SWEEP_CRON]);
});

test("what calls the outside is kept from private addresses by its runtime too, deployed or on a machine of one's own", () => {
  const plugin = local.find(({ entry }) => entry === WORKER_ENTRIES.http)?.config;
  expect(plugin?.env?.PUBLIC_NETWORK).toMatchObject({ type: "network", allow: ["public"] });
  // What stands beside it for the services of development reaches this machine and nothing else.
  expect(plugin?.env?.LOCAL_NETWORK).toMatchObject({ type: "network", allow: ["127.0.0.1/32"] });
  const stage = usualStages().find(({ config }) => config.includes("plugins/http/"));
  for (const environment of ENVIRONMENTS)
    expect(stage && readStage(stage, environment).compatibility_flags).toContain("global_fetch_strictly_public");
});

test("an isolate of an isolated execution runs by the same date as its plugin Worker", () => {
  const text = readFileSync(join(ROOT, "workers/plugins/isolate/isolated-plugin.ts"), "utf8");
  expect(text).toContain(`compatibilityDate: "${COMPATIBILITY_DATE}"`);
});

/** Workers that a stage is bound to and that no stage before it has deployed. */
function missing(stages: DeployStage[], environment: string): string[] {
  const there = new Set<string>();
  return stages.flatMap((stage) => {
    const { name = "", services, durable_objects } = readStage(stage, environment);
    there.add(name);
    const bound = [
      ...(services ?? []).map(({ service }) => service),
      ...durable_objects.bindings.map(({ script_name }) => script_name ?? name),
    ];
    return bound.filter((worker) => !there.has(worker)).map((worker) => `${stage.name} needs ${worker}`);
  });
}

test.each(ENVIRONMENTS)("a first deploy to %s never binds a Worker that is not there yet", (environment) => {
  const stages = firstStages(environment);
  expect(missing(stages, environment)).toEqual([]);
  // The usual order needs what an empty account does not have: this is what a first deploy is for.
  expect(missing(usualStages(), environment)).toHaveLength(8);
  // It ends with everything in full.
  const full = usualStages().map(({ config }) => config);
  expect(
    stages
      .map(({ config }) => config)
      .filter((config) => full.includes(config))
      .sort(),
  ).toEqual(full.sort());
});
