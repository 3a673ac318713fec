import { putReferences, referencesIn } from "../../../connectors/auth/references.ts";
import { unsetSecret } from "../../../connectors/unset-secret.ts";
import type { SealedConnection } from "../../../contracts/rpc.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import { open } from "../../../vault/vault.ts";
import type { SettingLookups } from "./setting-lookups.ts";

/** A connection as a call uses it: opened, with the secrets and env values that it names in their places. */
export type OpenedConnection =
  | {
      ok: true;
      found: SealedConnection;
      values: JsonObject;
      /** Secrets that were put in: masked besides the values that they stand in. */
      revealed: string[];
    }
  | { ok: false; message: string; setting: { secret: string } | { env: string } };

export async function openedConnection(
  masterKey: string,
  tenantId: string,
  found: SealedConnection,
  settings: SettingLookups,
): Promise<OpenedConnection> {
  const place = { tenantId, purpose: "connection", id: found.id };
  const read: unknown = JSON.parse(await open(masterKey, place, found.sealed));
  const values = isObject(read) ? read : {};
  const { secrets: names, env: variables } = referencesIn([found.config, values]);
  if (names.length === 0 && variables.length === 0) return { ok: true, found, values, revealed: [] };
  const [secrets, env] = await Promise.all([
    names.length === 0 ? {} : settings.secrets(names),
    variables.length === 0 ? {} : settings.env(variables),
  ]);
  const unset = names.find((name) => !Object.hasOwn(secrets, name));
  if (unset !== undefined)
    return {
      ok: false,
      message: `${unsetSecret(unset)}. The connection ${found.name} names it`,
      setting: { secret: unset },
    };
  const missing = variables.find((name) => !Object.hasOwn(env, name));
  if (missing !== undefined) {
    const message = `The connection ${found.name} names the env value ${missing}, which is not set, or is not for this call`;
    return { ok: false, message, setting: { env: missing } };
  }
  // A secret's place is among the sealed values: what is shown takes env values alone (`unfit-values.ts`).
  const config = putReferences(found.config, {}, env);
  return {
    ok: true,
    found: { ...found, config },
    values: putReferences(values, secrets, env),
    revealed: Object.values(secrets),
  };
}
