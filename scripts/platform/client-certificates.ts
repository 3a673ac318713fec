import { certificateBinding, readClientCertificates } from "../../contracts/client-certificates.ts";

/** A certificate as a platform on this machine is given it: PEM texts beside whose it is. */
interface LocalCertificate {
  tenants: string[] | "*";
  certificate: string;
  key: string;
  /** PEM of who signed the service's certificate, where browsers do not know them. */
  ca?: string;
  /** `127.0.0.1:port` of a local service, and the name in its certificate; without it, any public address. */
  address?: string;
  host?: string;
}

/** `CLIENT_CERTIFICATES` without the PEM texts, which become bindings: a key stands in no text binding. */
export function clientCertificates(text: string | undefined) {
  const names = [...readClientCertificates(text).keys()];
  const written: Record<string, LocalCertificate> = names.length === 0 ? {} : JSON.parse(text ?? "{}");
  const shown = Object.fromEntries(names.map((name) => [name, { tenants: written[name]?.tenants }]));
  const bindings = Object.fromEntries(
    names.flatMap((name) => {
      const given = written[name];
      return given === undefined ? [] : [[certificateBinding(name), bindingOf(given)] as const];
    }),
  );
  const vars: Record<string, string> = names.length === 0 ? {} : { CLIENT_CERTIFICATES: JSON.stringify(shown) };
  return { vars, bindings };
}

function bindingOf({ certificate, key, ca, address, host }: LocalCertificate) {
  const tlsOptions = {
    keypair: { privateKey: key, certificateChain: certificate },
    trustBrowserCas: true,
    ...(ca === undefined ? {} : { trustedCertificates: [ca] }),
  };
  if (address === undefined) return { type: "network" as const, allow: ["public"], tlsOptions };
  return {
    type: "external" as const,
    address,
    https: { tlsOptions, ...(host === undefined ? {} : { certificateHost: host }) },
  };
}
