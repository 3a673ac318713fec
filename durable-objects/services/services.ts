import { DurableObject } from "cloudflare:workers";
import type {
  CallOutcome,
  InstanceAnswer,
  InstanceProbeRpc,
  InstanceState,
  InstanceWish,
  ServiceInstance,
  ServicesRpc,
  SigningSecrets,
} from "../../contracts/services-rpc.ts";
import { PlaceBook, type PlaceWanted } from "../../contracts/place-book.ts";
import type { SealedWebhookSecret } from "../../contracts/webhook-delivery.ts";
import { ObjectSql } from "../object-sql.ts";
import { LateReports } from "./late-reports.ts";
import { SERVICES_MIGRATIONS } from "./migrations.ts";
import { ServiceBook } from "./service-book.ts";
import { SigningSecretTable } from "./signing-secrets.ts";

/** The bindings a services object needs; the platform Worker's configuration gives them. */
export interface ServicesEnv {
  HTTP_PLUGIN: InstanceProbeRpc;
  /** Milliseconds between two probes of an instance, where they are not to be 30,000. */
  SERVICE_PROBE_MS?: string;
}

const PROBE_MS = 30_000;

/**
 * The services object of a tenant and environment: which instances its connectors' services have, and what signs the calls to
 * them. It has no network: the http plugin probes for it.
 */
export class Services extends DurableObject<ServicesEnv> implements ServicesRpc {
  readonly #book: ServiceBook;
  readonly #secrets: SigningSecretTable;
  readonly #places = new PlaceBook({ now: Date.now, later });
  readonly #late: LateReports;

  constructor(ctx: DurableObjectState, env: ServicesEnv) {
    super(ctx, env);
    const sql = new ObjectSql(ctx.storage, SERVICES_MIGRATIONS);
    this.#secrets = new SigningSecretTable(sql);
    this.#late = new LateReports(sql);
    this.#book = new ServiceBook({
      sql,
      everyMs: Number(env.SERVICE_PROBE_MS ?? PROBE_MS),
      now: Date.now,
      later,
      probe: (healthUrl) => env.HTTP_PLUGIN.probeInstance(healthUrl),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
    });
  }

  async register(instance: ServiceInstance) {
    return this.#book.register(instance);
  }

  async unregister(connector: string, instanceId: string): Promise<boolean> {
    return this.#book.unregister(connector, instanceId);
  }

  async instances(connector?: string): Promise<InstanceState[]> {
    return this.#book.list(connector);
  }

  async takeInstance(wish: InstanceWish): Promise<InstanceAnswer> {
    return this.#book.take(wish);
  }

  async giveBackInstance(lease: string, outcome: CallOutcome): Promise<void> {
    this.#book.giveBack(lease, outcome);
  }

  async takePlace(wanted: PlaceWanted): Promise<boolean> {
    return this.#places.take(wanted);
  }

  async giveBackPlace(key: string, lease: string): Promise<void> {
    this.#places.giveBack(key, lease);
  }

  async attemptOver(attempt: string): Promise<void> {
    this.#book.attemptOver(attempt);
  }

  async countLateReport(): Promise<void> {
    this.#late.count();
  }

  async lateReports(): Promise<number> {
    return this.#late.total;
  }

  async signingSecrets(connector: string): Promise<SigningSecrets> {
    return this.#secrets.of(connector, Date.now());
  }

  async putSigningSecret(connector: string, secret: SealedWebhookSecret): Promise<SigningSecrets> {
    this.#secrets.putFirst(connector, secret);
    return this.#secrets.of(connector, Date.now());
  }

  async rotateSigningSecret(connector: string, secret: SealedWebhookSecret, oldUntil: number): Promise<void> {
    this.#secrets.rotate(connector, secret, oldUntil);
  }

  async sealedSecrets(): Promise<SealedWebhookSecret[]> {
    return this.#secrets.all();
  }

  async reseal(from: string, to: string): Promise<boolean> {
    return this.#secrets.reseal(from, to);
  }

  override async alarm(): Promise<void> {
    await this.#book.onAlarm();
  }
}

function later(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
