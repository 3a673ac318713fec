import { isObject, type Json } from "../../engine/json.ts";
import { firstText, type OpenConnection } from "./credentials.ts";
import { isPlainHeader } from "./plain-headers.ts";

/**
 * What of a connection is masked in everything that comes back: its sealed values and the secrets that they name. What only says who
 * it is stays readable: a user name beside a password, the id of an access key beside its secret, headers such as `accept`.
 */
export function secretsOf({ type, values, secrets = [] }: OpenConnection): Json {
  return [shown(type, values), secrets];
}

function shown(type: string, values: OpenConnection["values"]): Json {
  switch (type) {
    case "BASIC": {
      // Services that take a key alone take it as the user name, without a password.
      const password = firstText([values], ["password"]);
      return password === undefined ? values : without(values, (name) => name === "username" || name === "user");
    }
    case "AWS_SIGV4":
      return without(values, (name) => name === "access_key_id" || name === "accessKeyId");
    case "CUSTOM_HEADER":
    case "CUSTOM": {
      const { headers } = values;
      return headers === undefined
        ? without(values, isPlainHeader)
        : { ...values, headers: without(headers, isPlainHeader) };
    }
    default:
      return values;
  }
}

function without(members: Json, isShown: (name: string) => boolean): Json {
  return isObject(members) ? Object.fromEntries(Object.entries(members).filter(([name]) => !isShown(name))) : members;
}
