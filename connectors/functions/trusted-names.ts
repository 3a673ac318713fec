/**
 * First-party functions that see what nobody else does: revealed secrets, a connection, the way out. They run in the http plugin,
 * the only place where credentials are in the clear; every other function runs in the toolbox, which has nothing but its input.
 */
export const TRUSTED_NAMES = [
  "crypto.hmac",
  "crypto.verify_hmac",
  "crypto.encrypt",
  "crypto.decrypt",
  "crypto.sign",
  "crypto.jwt_sign",
  "crypto.jwt_verify",
  "email.send_with",
  "webhook.send",
  "webhook.post",
  "webhook.sign",
  "webhook.verify",
  "slack.incoming_webhook",
  "s3.get_object",
  "s3.put_object",
  "s3.delete_object",
  "s3.list_objects",
  "s3.presign",
] as const;
export type TrustedName = (typeof TRUSTED_NAMES)[number];

/** The trusted function of this name, if there is one. */
export function trustedName(name: unknown): TrustedName | undefined {
  return TRUSTED_NAMES.find((known) => known === name);
}
