/** A client certificate that whoever runs the deployment has bound to the http plugin Worker. */
export interface ClientCertificate {
  /** Tenants whose connections may name it; `*`: every tenant's. */
  tenants: readonly string[] | "*";
}

/** What may name a certificate in a connection. */
export const CERTIFICATE_NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** The binding of the certificate: `bank-eu` is `MTLS_BANK_EU`. */
export function certificateBinding(name: string): string {
  return `MTLS_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** Reads `CLIENT_CERTIFICATES`: JSON, `{name: {tenants}}`. Throws where it is malformed: a deployment must not start so. */
export function readClientCertificates(text: string | undefined): ReadonlyMap<string, ClientCertificate> {
  const found = new Map<string, ClientCertificate>();
  if (text === undefined || text === "") return found;
  const written: unknown = JSON.parse(text);
  if (typeof written !== "object" || written === null) throw new Error("CLIENT_CERTIFICATES must be a JSON map");
  for (const [name, entry] of Object.entries(written)) {
    const tenants: unknown = typeof entry === "object" && entry !== null ? Reflect.get(entry, "tenants") : undefined;
    if (!CERTIFICATE_NAME.test(name)) throw new Error(`"${name}" is no name for a client certificate`);
    if (tenants === "*") found.set(name, { tenants });
    else if (Array.isArray(tenants)) found.set(name, { tenants: tenants.map(String) });
    else throw new Error(`the client certificate "${name}" does not say whose it is (tenants)`);
  }
  return found;
}

/** Whether a tenant's connections may name it. */
export function isCertificateOf(certificate: ClientCertificate | undefined, tenantId: string): boolean {
  return certificate !== undefined && (certificate.tenants === "*" || certificate.tenants.includes(tenantId));
}
