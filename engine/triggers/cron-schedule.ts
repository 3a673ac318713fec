import { Cron } from "croner";

/** Where the search for a first time begins when it is only asked whether there is one: any moment does. */
const SOME_MOMENT = new Date(Date.UTC(2026, 0, 1));
/** Due times that are counted ahead before it is looked back. */
const FEW = 100;
/** A text longer than this is no schedule that a person wrote. */
const LONGEST_TEXT = 200;

/**
 * When a schedule is due: a cron text in a time zone. Five fields, or six with seconds first. Pure: every time is an argument.
 *
 * Daylight saving (as cron users know it from Vixie cron): a text whose minutes and hours have neither a wildcard nor a step
 * speaks of wall-clock times. A time that does not exist on a day is due at the first instant after the gap, and a time
 * that exists twice is due once, the first time. Any other text speaks of intervals: it is due whenever the wall clock shows
 * a time of its own, in an hour that comes twice both times.
 */
export class CronSchedule {
  readonly #cron: Cron;

  private constructor(cron: Cron) {
    this.#cron = cron;
  }

  /** Undefined for a text or zone that `cronProblem` has something to say about. */
  static of(text: string, zone: string): CronSchedule | undefined {
    return cronProblem(text) === undefined && isTimeZone(zone) ? new CronSchedule(parse(text, zone)) : undefined;
  }

  /** The first due time after `after` (epoch ms); null when there will be none. */
  next(after: number): number | null {
    return this.#cron.nextRun(new Date(after))?.getTime() ?? null;
  }

  /** The next `count` due times after `after`, earliest first. */
  upcoming(after: number, count: number): number[] {
    return this.#cron.nextRuns(count, new Date(after)).map((date) => date.getTime());
  }

  /** The last due times in (`after`, `until`], earliest first, at most `most` of them. */
  between(after: number, until: number, most: number): number[] {
    if (most <= 0 || until <= after) return [];
    // Looking back from now reads as many due times as are wanted, however far apart they are: ahead, there are few.
    const ahead: number[] = [];
    for (let at = this.next(after); ahead.length < FEW; at = this.next(at)) {
      if (at === null || at > until) return ahead.slice(-most);
      ahead.push(at);
    }
    // `previousRuns` is exclusive of its reference and counts in whole seconds.
    const reference = new Date((Math.floor(until / 1_000) + 1) * 1_000);
    const latest = this.#cron.previousRuns(most, reference).map((date) => date.getTime());
    return latest.filter((due) => due > after && due <= until).reverse();
  }
}

function parse(text: string, zone: string): Cron {
  return new Cron(text, { timezone: zone, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard", paused: true });
}

function fieldsOf(text: string): number {
  return text.split(/\s+/).filter((field) => field !== "").length;
}

/** What is wrong with a cron text, in words; undefined when it is one that is due at some time. */
export function cronProblem(text: string): string | undefined {
  if (text.length > LONGEST_TEXT) return `cron must not be longer than ${LONGEST_TEXT} characters`;
  try {
    if (parse(text, "UTC").nextRun(SOME_MOMENT) !== null) return undefined;
    return "cron names a day that never comes";
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "";
    // The library counts what it could take, which is more than we do.
    const why = /^(?:invalid configuration format|mode )/.test(said) ? `it has ${fieldsOf(text)}` : said;
    return `cron must be five fields (minute hour day month weekday), or six with seconds first: ${why}`;
  }
}

/** True for a zone of the IANA database such as Europe/Berlin; offsets are none, for they know no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
