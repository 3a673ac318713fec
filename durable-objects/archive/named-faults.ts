import { OBJECTS_UNAVAILABLE } from "../../contracts/objects-unavailable.ts";
import type { ObjectStore } from "./object-store.ts";

/** The same object storage; what it throws says in its message, which is all that passes an RPC, that the storage threw it. */
export function namedFaults(objects: ObjectStore): ObjectStore {
  return {
    put: (key, bytes, sha256) => objects.put(key, bytes, sha256).catch(unavailable),
    get: (key) => objects.get(key).catch(unavailable),
    keys: (prefix) => objects.keys(prefix).catch(unavailable),
    delete: (keys) => objects.delete(keys).catch(unavailable),
  };
}

function unavailable(error: unknown): never {
  throw new Error(`${OBJECTS_UNAVAILABLE}${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
