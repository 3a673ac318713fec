import { cryptoTrusted } from "./crypto.ts";
import { sendWith } from "./email.ts";
import { jwtSign, jwtVerify } from "./jwt.ts";
import { s3Trusted } from "./s3.ts";
import type { TrustedFunction } from "./trusted-function.ts";
import type { TrustedName } from "./trusted-names.ts";
import { webhookTrusted } from "./webhook.ts";

/** Every trusted function by the name that a handler gives it. */
export const TRUSTED_FUNCTIONS: Readonly<Record<TrustedName, TrustedFunction>> = {
  "crypto.hmac": cryptoTrusted.hmac,
  "crypto.verify_hmac": cryptoTrusted.verifyHmac,
  "crypto.encrypt": cryptoTrusted.encrypt,
  "crypto.decrypt": cryptoTrusted.decrypt,
  "crypto.sign": cryptoTrusted.sign,
  "crypto.jwt_sign": jwtSign,
  "crypto.jwt_verify": jwtVerify,
  "email.send_with": sendWith,
  "webhook.send": webhookTrusted.send,
  "webhook.post": webhookTrusted.post,
  "webhook.sign": webhookTrusted.sign,
  "webhook.verify": webhookTrusted.verify,
  "slack.incoming_webhook": webhookTrusted.slackIncoming,
  "s3.get_object": s3Trusted.getObject,
  "s3.put_object": s3Trusted.putObject,
  "s3.delete_object": s3Trusted.deleteObject,
  "s3.list_objects": s3Trusted.listObjects,
  "s3.presign": s3Trusted.presign,
};
