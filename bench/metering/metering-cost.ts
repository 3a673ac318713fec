/** CPU of one W1 run in one window. */
export interface RunCost {
  /** Of workerd. */
  cpuMs: number;
  /** Of the Node process around it, with Postgres. */
  hostCpuMs: number;
}

/** Windows of platforms that were started together and took turns. */
export interface MeteringBlock {
  metered: RunCost[];
  unmetered: RunCost[];
  /** Of another platform without metering: what it differs by is noise. */
  control: RunCost[];
}

/** A difference in percent, with how far chance moves it. */
export interface Difference {
  percent: number;
  /** Standard error over the blocks; null with fewer than three. */
  errorPercent: number | null;
}

/** M1: CPU of a W1 run with metering against one without. */
export interface MeteringCost {
  title: string;
  workerd: Difference;
  host: Difference;
  /** Of workerd, between two platforms that differ in nothing. */
  control: Difference;
  blocks: MeteringBlock[];
}

const TITLE = "metering, of W1's CPU at c=16";
const LEAST_BLOCKS = 3;

export function meteringCost(blocks: MeteringBlock[]): MeteringCost {
  return {
    title: TITLE,
    workerd: difference(blocks.map(({ metered, unmetered }) => ratio(metered, unmetered, "cpuMs"))),
    host: difference(blocks.map(({ metered, unmetered }) => ratio(metered, unmetered, "hostCpuMs"))),
    control: difference(blocks.map(({ control, unmetered }) => ratio(control, unmetered, "cpuMs"))),
    blocks,
  };
}

/**
 * Two processes of the same code differ by a percent or two for as long as they live, so windows of one pair are no
 * independent measurements of anything; pairs are.
 */
function difference(ratios: readonly number[]): Difference {
  const mean = average(ratios);
  const variance = ratios.reduce((sum, it) => sum + (it - mean) ** 2, 0) / (ratios.length - 1);
  const error = ratios.length < LEAST_BLOCKS ? null : Math.sqrt(variance / ratios.length) * 100;
  return { percent: (mean - 1) * 100, errorPercent: error };
}

function ratio(above: readonly RunCost[], below: readonly RunCost[], figure: keyof RunCost): number {
  return average(above.map((it) => it[figure])) / average(below.map((it) => it[figure]));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
