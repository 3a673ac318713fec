import type { AuthType } from "../../../engine/auth-type.ts";
import { referencesIn } from "../../../connectors/auth/references.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { NOT_SECRET, splitValues } from "./connection-values.ts";

/** A credential's member: its names, as the adapters of `connectors/auth` read them, the documented one first. */
interface Member {
  names: readonly [string, ...string[]];
  required: boolean;
  /** What it is, for whoever has left it out. */
  what: string;
}

const member = (what: string, required: boolean, ...names: Member["names"]): Member => ({ names, required, what });

/** Undefined: its values are read elsewhere, and checked there. */
const MEMBERS: Readonly<Record<AuthType, readonly Member[] | undefined>> = {
  API_KEY: [member("the key", true, "api_key", "apiKey", "key", "value", "token")],
  BASIC: [member("the user name", true, "username", "user"), member("the password", false, "password")],
  BEARER: [member("the token", true, "token", "access_token", "bearer_token", "value", "api_key")],
  OAUTH2: [
    member("the client's id", false, "client_id", "clientId"),
    member("the client's secret", false, "client_secret", "clientSecret"),
    member("the flow", false, "flow", "grant_type"),
    member("where people consent", false, "authorization_url", "authorizationUrl"),
    member("where tokens come from", false, "token_url", "tokenUrl"),
    member("where tokens are renewed", false, "refresh_url", "refreshUrl"),
    member("where tokens are revoked", false, "revocation_url", "revocationUrl"),
    member("how the client signs in", false, "client_auth", "token_endpoint_auth_method"),
  ],
  CUSTOM_HEADER: undefined,
  AWS_SIGV4: [
    member("the access key's id", true, "access_key_id", "accessKeyId"),
    member("the secret access key", true, "secret_access_key", "secretAccessKey"),
    member("the session's token", false, "session_token", "sessionToken"),
  ],
  MTLS: undefined,
  CUSTOM: undefined,
  NONE: [],
};

const MOST_PROBLEMS = 50;
const LONGEST_NAME = 100;

/** Everything that is wrong with the values of a connection of this type. Never says a value. */
export function unfitValues(type: AuthType, values: JsonObject): Problem[] {
  const problems = [
    ...referenceProblems(values),
    ...(MEMBERS[type] === undefined ? [] : credentialProblems(type, MEMBERS[type], values)),
    ...placeProblems(type, values),
  ];
  return problems.slice(0, MOST_PROBLEMS);
}

function credentialProblems(type: AuthType, members: readonly Member[], values: JsonObject): Problem[] {
  const known = new Set([...NOT_SECRET, ...members.flatMap(({ names }) => names)]);
  const settings = [...members.map(({ names: [name] }) => name), ...NOT_SECRET];
  const takes = members.map(({ names: [name] }) => `\`${name}\``).join(", ") || "no credential";
  const unknown = Object.keys(values)
    .filter((name) => !known.has(name))
    .map((name): Problem => {
      const suggestion = nearestName(name, settings);
      const meant = suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;
      const message = `"${name.slice(0, LONGEST_NAME)}" is no value of a connection of type ${type}, which takes ${takes} and settings such as \`base_url\`.${meant}`;
      return { path: at(name), message, ...(suggestion === undefined ? {} : { suggestion }) };
    });
  const credentials = members.flatMap(({ names, required, what }): Problem[] => {
    const given = names.filter((name) => Object.hasOwn(values, name));
    const [name] = names;
    if (given.length === 0)
      return required ? [{ path: at(name), message: `A connection of type ${type} needs \`${name}\`: ${what}.` }] : [];
    return given
      .filter((written) => typeof values[written] !== "string" || (required && values[written] === ""))
      .map((written) => ({ path: at(written), message: `\`${written}\` must be text, and not empty.` }));
  });
  return [...unknown, ...credentials];
}

const PLACES: readonly Json[] = ["header", "query", "cookie"];

function placeProblems(type: AuthType, values: JsonObject): Problem[] {
  if (type !== "API_KEY") return [];
  return ["in", "location"]
    .filter((name) => Object.hasOwn(values, name) && !PLACES.includes(values[name] ?? null))
    .map((name) => ({ path: at(name), message: `\`${name}\` must be one of header, query, cookie.` }));
}

function referenceProblems(values: JsonObject): Problem[] {
  const { config } = splitValues(values);
  return Object.entries(values).flatMap(([name, value]): Problem[] => {
    const { secrets, unreadable } = referencesIn(value);
    if (unreadable) {
      const message =
        "A connection takes `${secrets.NAME}` and `${env.NAME}`, alone or within a text: no filters, no inputs, nothing behind the name.";
      return [{ path: at(name), message }];
    }
    if (secrets.length === 0 || !Object.hasOwn(config, name)) return [];
    return [
      {
        path: at(name),
        message: `\`${name}\` is shown to whoever reads the connection: a secret may not stand in it.`,
      },
    ];
  });
}

function at(name: string): string {
  return `/values/${name.slice(0, LONGEST_NAME).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
