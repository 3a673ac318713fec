import type { ObjectStore } from "../../durable-objects/archive/object-store.ts";

type Ask = <T>(question: (objects: ObjectStore | undefined) => Promise<T>) => Promise<T>;

/** An object storage that is asked by errands: each may be lost, before it is sent and after it was answered. */
export function objectsThrough(ask: Ask): ObjectStore {
  const to = <T>(question: (objects: ObjectStore) => Promise<T>): Promise<T> =>
    ask((objects) => {
      if (!objects) throw new Error("this world has no object storage");
      return question(objects);
    });
  return {
    put: (key, bytes, sha256) => to((objects) => objects.put(key, bytes, sha256)),
    get: (key) => to((objects) => objects.get(key)),
    keys: (prefix) => to((objects) => objects.keys(prefix)),
    delete: (keys) => to((objects) => objects.delete(keys)),
  };
}
