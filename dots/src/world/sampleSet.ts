/** A set of the samples of a class: bit i is sample i. */
export type SampleSet = bigint;

/** The samples that pass a test. */
export function samplesWhere<T>(samples: readonly T[], test: (sample: T) => boolean): SampleSet {
  let set = 0n;
  for (const [index, sample] of samples.entries()) if (test(sample)) set |= 1n << BigInt(index);
  return set;
}

/** How many samples are in a set. */
export function sizeOfSet(set: SampleSet): number {
  let size = 0;
  for (const digit of set.toString(2)) if (digit === '1') size += 1;
  return size;
}
