/** What a process had used at a moment. */
export interface Sample {
  /** Epoch ms. */
  at: number;
  cpuMs: number;
}

/** So many calls were over at a moment. */
export interface Progress {
  /** Epoch ms. */
  at: number;
  done: number;
}

/** Parts into which the calls of an execution are cut, to compare the last with the first. */
const PARTS = 10;

/** CPU of each tenth of the calls, in ms a call, the first first. `progress` and `samples` are ordered by time. */
export function costOverTime(progress: readonly Progress[], samples: readonly Sample[]): number[] {
  const total = progress.at(-1)?.done ?? 0;
  const begin = progress[0]?.at ?? 0;
  const ends = Array.from({ length: PARTS }, (_, part) => whenDone(progress, ((part + 1) * total) / PARTS));
  return ends.map((end, part) => {
    const cpu = cpuAt(samples, end) - cpuAt(samples, part === 0 ? begin : (ends[part - 1] ?? begin));
    return cpu / (total / PARTS);
  });
}

function whenDone(progress: readonly Progress[], count: number): number {
  return progress.find(({ done }) => done >= count)?.at ?? Number.NaN;
}

/** Between two samples it is taken to grow evenly. */
function cpuAt(samples: readonly Sample[], at: number): number {
  const after = samples.findIndex((sample) => sample.at >= at);
  const later = samples[after];
  const earlier = samples[after - 1];
  if (!later) return samples.at(-1)?.cpuMs ?? Number.NaN;
  if (!earlier) return later.cpuMs;
  const share = later.at === earlier.at ? 1 : (at - earlier.at) / (later.at - earlier.at);
  return earlier.cpuMs + share * (later.cpuMs - earlier.cpuMs);
}
