import { Webhook } from "standardwebhooks";
import type { ServiceCalls } from "../../../connectors/services/service-calls.ts";
import { type ServicesRpc, type SigningSecrets, signingSecretPlace } from "../../../contracts/services-rpc.ts";
import { type TaskTokenRpc, taskTokenObject } from "../../../contracts/task-rpc.ts";
import { open, seal } from "../../../vault/vault.ts";
import type { LookupOwner } from "./lookups.ts";
import { TimedCache } from "./timed-cache.ts";

/** How long a secret may be older than the services object knows: the old one of a rotation signs for a day. */
const TTL_MS = 10_000;
const SECRET_BYTES = 32;

/* Sealed, as everything that is kept. */
const secrets = new TimedCache<SigningSecrets>(TTL_MS, 1_000);

/** Registered instances and signatures of one tenant and environment, opened here and nowhere else. */
export function serviceCallsOf(
  services: () => ServicesRpc,
  taskTokens: (name: string) => TaskTokenRpc,
  masterKey: string,
  owner: LookupOwner,
  now: () => number,
  background: (task: Promise<unknown>) => void,
): ServiceCalls {
  const { tenantId, environment } = owner;

  async function sealedSecrets(connector: string): Promise<SigningSecrets> {
    const known = await services().signingSecrets(connector);
    if (known.length > 0) return known;
    const place = signingSecretPlace(environment, connector);
    const text = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`;
    const sealed = await seal(masterKey, { tenantId, purpose: "webhook", id: place }, text);
    return services().putSigningSecret(connector, { place, sealed });
  }

  return {
    takeInstance: (wish) => services().takeInstance(wish),

    giveBackInstance(lease, outcome) {
      background(
        services()
          .giveBackInstance(lease, outcome)
          .catch(() => undefined),
      );
    },

    async claimTask(own, ours, owner, expiresAt) {
      const hash = await sha256(own);
      return taskTokens(taskTokenObject(hash)).claim(hash, owner, ours, expiresAt);
    },

    sealRevealed: (values, attempt) =>
      seal(masterKey, { tenantId, purpose: "task", id: `${environment}/${attempt}` }, JSON.stringify(values)),

    async openRevealed(sealed, attempt) {
      return JSON.parse(await open(masterKey, { tenantId, purpose: "task", id: `${environment}/${attempt}` }, sealed));
    },

    async sign(connector, id, body) {
      const at = new Date(now());
      const key = `${tenantId}/${environment} ${connector}`;
      const sealed = await secrets.through(key, at.getTime(), () => sealedSecrets(connector));
      const signatures = await Promise.all(
        sealed.map(async ({ place, sealed: blob }) => {
          const secret = await open(masterKey, { tenantId, purpose: "webhook", id: place }, blob);
          return new Webhook(secret).sign(id, at, body);
        }),
      );
      return {
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
        "webhook-signature": signatures.join(" "),
      };
    },
  };
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
