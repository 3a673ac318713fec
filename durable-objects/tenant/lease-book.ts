import {
  type BudgetList,
  type LeaseAnswer,
  type LeaseAsk,
  leaseBlock,
  type LeaseGrant,
  type LeaseReport,
  type LeaseWish,
} from "../../contracts/lease.ts";
import { periodEnd } from "../../contracts/period.ts";
import { readAccount } from "../../contracts/shared-budget.ts";
import type { Courier } from "./courier.ts";
import type { ExchangePorts } from "./exchange-ports.ts";
import { type Lease, LeaseTable } from "./lease-table.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { StoredSettings } from "./tenant-settings.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** After so long a holder is asked for what it has not used. */
const LEASE_MS = 300_000;
/** A holder that runs one long execution is asked less often whether that is over. */
const SINGLE_MS = 3_600_000;
/** Questions that come together share one look at what others have left. */
const FRESH_MS = 1_000;
/** Holders that are asked in one go. */
const ASKED_AT_ONCE = 128;
/** It goes down so seldom that it is treated as if it never did. */
const STORED_BYTES = "stored_bytes";
/** What was counted in a period is kept so long after its end. */
const KEPT_MS = 31 * 86_400_000;

/**
 * Leases of limits and budgets to the tenant's cells (`contracts/lease.ts`). The sum of what is granted never passes a ceiling. At a
 * ceiling, what other cells have not used is called back before anybody is refused; what a cell needed and did not get it is told
 * of when something is freed.
 */
export class LeaseBook {
  readonly #sql: TenantSql;
  readonly #table: LeaseTable;
  readonly #courier: Courier;
  readonly #ports: ExchangePorts;
  readonly #settings: StoredSettings;
  readonly #changed: () => void;
  readonly #looks = new Map<string, { at: number; done: Promise<void> }>();

  constructor(sql: TenantSql, courier: Courier, ports: ExchangePorts, settings: StoredSettings, changed: () => void) {
    this.#sql = sql;
    this.#table = new LeaseTable(sql);
    this.#courier = courier;
    this.#ports = ports;
    this.#settings = settings;
    this.#changed = changed;
  }

  async ask(ask: LeaseAsk): Promise<LeaseAnswer> {
    const behind = this.#table.seq(ask.holder);
    if (ask.seq <= behind) return { grants: [], behind };
    let grants = this.#grantAll(ask, ask.wishes);
    const short = ask.wishes.filter(({ account, used, want }) => {
      const grant = grants.find((it) => it.account === account);
      return want >= 1 && grant?.ceiling !== null && (grant?.granted ?? 0) < used + 1;
    });
    if (short.length > 0) {
      await Promise.all(short.map(({ account }) => this.#callBack(account, ask.holder)));
      // Unless it has asked again meanwhile, because this took too long.
      if (this.#table.seq(ask.holder) === ask.seq) {
        const again = this.#grantAll(ask, short);
        grants = grants.map((grant) => again.find(({ account }) => account === grant.account) ?? grant);
      }
    }
    const { list } = this;
    return { grants, ...(ask.budgets < list.version ? { budgets: list } : {}) };
  }

  get list(): BudgetList {
    return this.#settings.budgets;
  }

  /** Ceilings or budgets are others now: all who hold something are told. */
  ceilingsChanged(): void {
    const now = this.#ports.now();
    this.#sql.atomically(() => {
      for (const holder of this.#table.holders()) this.#table.tell(holder, now + retryDelayMs(1));
    });
    this.#changed();
    for (const holder of this.#table.holders()) void this.#tell(holder);
  }

  /** What is used of an account now, as its holders say. */
  async used(account: string): Promise<number> {
    await Promise.all(
      this.#table.ofAccount(account, ASKED_AT_ONCE).map(async (lease) => {
        const report = await this.#report(lease);
        if (!report) return;
        this.#sql.atomically(() => {
          const now = this.#table.find(account, lease.holder);
          if (now?.mark === lease.mark) this.#put({ ...now, used: report.used });
        });
      }),
    );
    this.#changed();
    return this.#table.total(account);
  }

  /** What is used of an account in the tenant's shards, as far as they have said. */
  inShards(account: string): number {
    return this.#table.inShards(account);
  }

  nextDue(): number | null {
    return this.#table.nextDue();
  }

  onAlarm(): void {
    const now = this.#ports.now();
    const due = this.#sql.atomically(() => this.#table.claimDue(now, ASKED_AT_ONCE, retryDelayMs));
    for (const lease of due) this.#inBackground(this.#callBackFrom(lease));
    const notices = this.#sql.atomically(() => this.#table.claimNotices(now, ASKED_AT_ONCE, retryDelayMs));
    for (const holder of notices) this.#inBackground(this.#tell(holder));
  }

  #grantAll(ask: LeaseAsk, wishes: readonly LeaseWish[]): LeaseGrant[] {
    const grants = this.#sql.atomically(() => {
      this.#table.putSeq(ask.holder, ask.seq);
      return wishes.map((wish) => this.#grant(ask.holder, wish));
    });
    this.#changed();
    return grants;
  }

  #grant(holder: string, { account, used, want }: LeaseWish): LeaseGrant {
    const ceiling = this.#settings.ceiling(account);
    if (ceiling === null) return { account, granted: used + want, mark: 0, ceiling, total: used };
    const before = this.#table.find(account, holder);
    if (!before) this.#forgetOld(account);
    const free = ceiling - this.#table.others(account, holder) - used;
    const granted = used + leaseBlock(free, want);
    const mark = (before?.mark ?? this.#ports.now()) + 1;
    this.#put({ account, holder, used, granted, mark, wanting: want >= 1 && granted < used + 1 });
    if (before && granted < before.granted) this.#freed(account, holder);
    return { account, granted, mark, ceiling, total: this.#table.total(account) };
  }

  #put(lease: Lease): void {
    const { account, holder, granted, used } = lease;
    const due = granted > (shrinks(account) ? 0 : used) || isSingle(holder) ? this.#ports.now() + LEASE_MS : null;
    this.#table.put(lease, due);
  }

  /** Somebody gave something back: those who needed it may ask again. */
  #freed(account: string, but: string): void {
    for (const holder of this.#table.wanting(account, ASKED_AT_ONCE)) {
      if (holder === but) continue;
      this.#table.tell(holder, this.#ports.now() + retryDelayMs(1));
      this.#inBackground(this.#tell(holder));
    }
  }

  /** Of an account that is new, the periods before the last one are of no interest any more. */
  #forgetOld(account: string): void {
    if (this.#table.ofAccount(account, 1).length > 0) return;
    for (const known of this.#table.accounts()) {
      const { period } = readAccount(known);
      const end = period === undefined ? null : periodEnd(period);
      if (end !== null && end + KEPT_MS < this.#ports.now()) this.#table.forget(known);
    }
  }

  /** Asks others for what they have not used of an account. */
  #callBack(account: string, but: string): Promise<void> {
    const now = this.#ports.now();
    for (const [other, { at }] of this.#looks) if (now - at >= FRESH_MS) this.#looks.delete(other);
    const look = this.#looks.get(account) ?? {
      at: now,
      done: Promise.all(
        this.#table.withSlack(account, but, shrinks(account), ASKED_AT_ONCE).map((lease) => this.#callBackFrom(lease)),
      ).then(() => undefined),
    };
    this.#looks.set(account, look);
    return look.done;
  }

  async #callBackFrom(lease: Lease): Promise<void> {
    const { account, holder, mark } = lease;
    const report = await this.#report(lease, mark + 1);
    // Nobody knows what it uses meanwhile: what it was given stays given.
    if (report === undefined) return;
    this.#sql.atomically(() => {
      const now = this.#table.find(account, holder);
      // It has asked in between, and was answered: that counts.
      if (now?.mark !== mark) return;
      const used = report?.used ?? now.used;
      if (report?.closed) this.#table.close(now, used, !shrinks(account));
      else {
        this.#table.put(
          { ...now, used, granted: used, mark: mark + 1 },
          isSingle(holder) ? this.#ports.now() + SINGLE_MS : null,
        );
      }
      if (now.granted > used) this.#freed(account, holder);
    });
    this.#changed();
  }

  #report(lease: Lease, mark?: number): Promise<LeaseReport | null | undefined> {
    return this.#courier.ask(lease.holder, (cell) => cell.reportLease(lease.account, mark));
  }

  async #tell(holder: string): Promise<void> {
    const told = await this.#courier.ask(holder, async (cell) => {
      await cell.leasesChanged(this.list);
      return true;
    });
    if (told) this.#table.told(holder);
    this.#changed();
  }

  /** What this leaves undone an alarm does. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#ports.report("a lease could not be seen to", error));
  }
}

/** What is used of it goes down, too, and nobody says so before he is asked. */
function shrinks(account: string): boolean {
  return readAccount(account).period === undefined && account !== STORED_BYTES;
}

/** An object of one isolated execution: its name ends in `/i…`. */
function isSingle(holder: string): boolean {
  return holder.slice(holder.lastIndexOf("/") + 1).startsWith("i");
}
