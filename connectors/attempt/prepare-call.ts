import { containsSecret } from "../../engine/expressions/secrets.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { firstText, type OpenConnection } from "../auth/credentials.ts";
import { secretsOf } from "../auth/secrets-of.ts";
import { readDeclaredAuth } from "../declared-auth.ts";
import { declaredEnvironment } from "../declared-environment.ts";
import { type Failed, failed } from "../failed.ts";
import type { PinnedHttpHandler } from "../handlers/http/pinned-handler.ts";
import type { RenderScope } from "../handlers/http/render.ts";
import { inputCheck } from "../input-check.ts";
import type { Masker } from "../mask.ts";
import { missingConnection } from "../missing-connection.ts";
import { type Needs, needsOf, needsWith } from "../needs.ts";
import { unsetSecret } from "../unset-secret.ts";
import { misplacedSecret, revealInput } from "../reveal-input.ts";
import { type WantedConnection, wantedConnection } from "../wanted-connection.ts";
import type { InvokeDeps } from "./invoke-deps.ts";

const NO_SECRETS: Record<string, string> = {};
const NO_ENV: Record<string, Json> = {};
const NOTHING = {};
/** A URL that stands by itself, or by what the input or the environment gives. */
const ABSOLUTE = /^(?:https?:|\$\{|\{\{)/i;

type Prepared =
  | {
      ok: true;
      scope: RenderScope;
      base: string | undefined;
      connection: OpenConnection | null;
      wanted: WantedConnection;
      /** Env values that the connector's `context` asks for (section 17). */
      environment?: Record<string, Json>;
    }
  | Failed;

/** Looks everything up, reveals and validates the input. Nothing is sent yet. */
export async function prepareCall(
  call: Pick<ActionCall, "input" | "connection" | "connectionWaitMs"> & {
    action: Pick<ActionCall["action"], "namespace" | "connector" | "input" | "auth" | "context" | "secretMembers">;
  },
  handler: PinnedHttpHandler,
  deps: Pick<
    InvokeDeps,
    "findConnection" | "isKnownMissing" | "connectionNames" | "connectLink" | "secrets" | "env" | "now"
  >,
  masker: Masker,
): Promise<Prepared> {
  // Most inputs hold none: what is done with marked secrets is not done to them.
  const marked = containsSecret(call.input);
  const misplaced = marked ? misplacedSecret(call) : undefined;
  if (misplaced !== undefined) return misplaced;
  const needs = marked ? needsWith(handler, call.input) : needsOf(handler);
  const asks = call.action.context?.includes("environment") === true;
  const wantedEnv = asks ? [...needs.env, ...openNames(handler)] : needs.env;
  const connector = `${call.action.namespace}/${call.action.connector}`;
  const wanted = wantedConnection(connector, call.connection);
  const declared = readDeclaredAuth(call.action.auth);
  const needed = wanted?.ref !== undefined || wanted?.endUser !== undefined || (declared?.type ?? "NONE") !== "NONE";
  const optional = !needed && !needs.connection && (handler.baseUrl !== undefined || ABSOLUTE.test(handler.url));
  const found = lookUp(deps, wanted && (optional ? { ...wanted, optional } : wanted), needs.secrets, wantedEnv);
  const { connection, secrets, env } = found instanceof Promise ? await found : found;
  for (const value of Object.values(secrets)) masker.add(value);
  if (connection) masker.add(secretsOf(connection));
  if (wanted === undefined)
    return failed("VALIDATION", "`connection` must be a name, an id, or `{end_user: …}`", { field: "connection" });
  const missing = needs.requiredSecrets.find((name) => !Object.hasOwn(secrets, name));
  if (missing !== undefined) return failed("VALIDATION", unsetSecret(missing), { secret: missing });
  const unset = unsetRow(handler, needs, (name) => Object.hasOwn(secrets, name) || Object.hasOwn(env, name));
  if (unset) return failed("VALIDATION", unsetName(unset), { env: unset.name });
  if (connection === null ? needed : connection.problem !== undefined)
    return missingConnection(call, wanted, connection, deps);
  const check = inputCheck(call.action.input ?? {});
  const checked = marked
    ? check.any(revealInput(call.input, secrets, (value) => masker.add(value)))
    : check.unmarked(call.input);
  if (!checked.ok) return checked;
  const { defaults, declared: names } = environmentOf(handler);
  const scope: RenderScope = {
    input: checked.value,
    env: env === NO_ENV ? defaults : { ...defaults, ...env },
    secrets,
    connection: connection?.config ?? NOTHING,
    declared: names,
  };
  const own = connection ? firstText([connection.config], ["base_url", "baseUrl", "url"]) : undefined;
  const base = own ?? handler.baseUrl;
  if (!asks) return { ok: true, scope, base, connection, wanted };
  const environment = declaredEnvironment(handler, env);
  return environment.ok ? { ok: true, scope, base, connection, wanted, environment: environment.values } : environment;
}

interface Found {
  connection: OpenConnection | null;
  secrets: Record<string, string>;
  env: Record<string, Json>;
}

const FOUND_NOTHING: Found = { connection: null, secrets: NO_SECRETS, env: NO_ENV };

/** All that a call needs, asked for at once; no promise where nobody has to be asked, as for most calls. */
function lookUp(
  deps: Pick<InvokeDeps, "findConnection" | "isKnownMissing" | "secrets" | "env">,
  wanted: WantedConnection | undefined,
  secrets: string[],
  env: string[],
): Found | Promise<Found> {
  const asksNobody = wanted === undefined || (wanted.optional === true && deps.isKnownMissing?.(wanted) === true);
  if (asksNobody && secrets.length === 0 && env.length === 0) return FOUND_NOTHING;
  return lookUpAll(deps, asksNobody ? undefined : wanted, secrets, env);
}

async function lookUpAll(
  deps: Pick<InvokeDeps, "findConnection" | "secrets" | "env">,
  wanted: WantedConnection | undefined,
  names: string[],
  variables: string[],
): Promise<Found> {
  const [connection, secrets, env] = await Promise.all([
    wanted === undefined ? null : deps.findConnection(wanted),
    names.length > 0 ? deps.secrets(names) : NO_SECRETS,
    variables.length > 0 ? deps.env(variables) : NO_ENV,
  ]);
  return { connection, secrets, env };
}

/** What the environment declares that is no secret. */
function openNames({ environment = [] }: PinnedHttpHandler): string[] {
  return environment.flatMap(({ name, secret }) => (secret === true ? [] : [name]));
}

/** A name that this call needs and nobody has set. */
function unsetRow({ environment = [] }: PinnedHttpHandler, needs: Needs, isSet: (name: string) => boolean) {
  return environment.find(
    ({ name, required, default: fallback }) =>
      required === true &&
      fallback === undefined &&
      !isSet(name) &&
      (needs.env.includes(name) || needs.secrets.includes(name)),
  );
}

interface Environment {
  defaults: Readonly<Record<string, Json>>;
  declared: ReadonlySet<string>;
}

const environments = new WeakMap<PinnedHttpHandler, Environment>();

/** What `runtime.environment` says by itself: read once for as long as the handler is the same object. */
function environmentOf(handler: PinnedHttpHandler): Environment {
  const known = environments.get(handler);
  if (known !== undefined) return known;
  const rows = handler.environment ?? [];
  const made: Environment = {
    defaults: Object.fromEntries(rows.flatMap((row) => (row.default === undefined ? [] : [[row.name, row.default]]))),
    declared: new Set(rows.map(({ name }) => name)),
  };
  environments.set(handler, made);
  return made;
}

function unsetName({ name, secret }: { name: string; secret?: boolean }): string {
  if (secret === undefined) return `The connector needs ${name}: set it as a secret or an env value`;
  return `The connector needs ${name}: set it with PUT /${secret ? "secrets" : "env"}/${name}`;
}
