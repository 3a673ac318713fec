import { expect } from "vitest";

interface Page {
  status: number;
  text: string;
}

interface Person {
  go(url: string): Promise<Page>;
}

interface Consents {
  /** Somebody consents for a connection, in a browser of their own, up to the address of the callback. */
  consent(connectionId: string): Promise<{ person: Person; callback: URL }>;
  /** A browser that began nothing. */
  stranger(): Person;
}

/** What somebody does with the callback of an authorization that is not simply to follow it (threat T17). */
export function callbackAttacks({ consent, stranger }: Consents): Record<string, (id: string) => Promise<Page>> {
  return {
    "replayed after it was used": async (id) => {
      const { person, callback } = await consent(id);
      expect((await person.go(callback.href)).status).toBe(200);
      return person.go(callback.href);
    },
    "in the browser of another": async (id) => {
      const [one, other] = [await consent(id), await consent(id)];
      return other.person.go(one.callback.href);
    },
    "in a browser that began nothing": async (id) => {
      const { callback } = await consent(id);
      return stranger().go(callback.href);
    },
    "with the code of another authorization": async (id) => {
      const [one, other] = [await consent(id), await consent(id)];
      other.callback.searchParams.set("code", one.callback.searchParams.get("code") ?? "");
      return other.person.go(other.callback.href);
    },
    "without its state": async (id) => {
      const { person, callback } = await consent(id);
      callback.searchParams.delete("state");
      return person.go(callback.href);
    },
    "with an altered state": async (id) => {
      const { person, callback } = await consent(id);
      callback.searchParams.set("state", `${(callback.searchParams.get("state") ?? "").slice(0, -2)}AA`);
      return person.go(callback.href);
    },
    "with the issuer of another provider": async (id) => {
      const { person, callback } = await consent(id);
      callback.searchParams.set("iss", "http://evil.test");
      return person.go(callback.href);
    },
  };
}
