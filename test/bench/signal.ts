/**
 * npm run bench:signal: the signal channel's client while datagrams are lost, with many sessions, as many processes,
 * and beside libcoap's coap-client. One JSON line per figure; the exit status is 1 if a figure misses its bound. Words
 * choose figures: `npm run bench:signal -- loss day`.
 */
import { mkdtempSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import '../support/ownState';
import { isPaced, lossTrial, pacedTimes, type Trial } from '../support/lossTrial';
import { Random } from '../support/random';
import { day } from './signal/day';
import { disjointSends } from './signal/disjointSends';
import { lossInRealTime } from './signal/realLoss';
import { report, rounded } from './signal/report';
import { wholeProcesses } from './signal/wholeProcesses';
import { removeFolder } from '../support/removeFolder';

const losses = [0, 0.1, 0.3, 0.5, 0.7];
const trials = 2500;
const seed = 9132;
/** The share of answers may be this far from the expected one. */
const tolerance = 0.02;

/** The 95 % interval of a share (Wilson). */
function interval(successes: number, of: number): [low: number, high: number] {
  const z = 1.96;
  const share = successes / of;
  const centre = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return [rounded(centre - half, 4), rounded(centre + half, 4)];
}

/** Mitigation requests over an open session, and the parallel one, in fake time. */
async function loss(): Promise<void> {
  const copies = pacedTimes().length;
  for (const lost of losses) {
    const random = new Random(seed);
    const all: Trial[] = [];
    for (let trial = 0; trial < trials; trial += 1) all.push(await lossTrial(lost, random));
    const answered = all.filter((each) => each.answered).length;
    const expected = 1 - (1 - (1 - lost) ** 2) ** copies;
    const sent = all.map(({ sentAt }) => sentAt.length);
    report('loss', Math.abs(answered / trials - expected) <= tolerance && all.every(isPaced), {
      lossEachWay: lost,
      trials,
      answered: answered / trials,
      interval95: interval(answered, trials),
      expected: rounded(expected, 4),
      copiesAllowed: copies,
      copiesAtMost: Math.max(...sent),
      copiesMean: rounded(sent.reduce((sum, count) => sum + count, 0) / trials),
    });
  }
}

const figures: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  loss,
  day,
  real: lossInRealTime,
  disjoint: disjointSends,
  processes: wholeProcesses,
};

async function main(): Promise<void> {
  const chosen = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  try {
    report('machine', true, { processors: cpus().length, load: rounded(loadavg()[0] ?? NaN), node: process.version });
    for (const [name, measure] of Object.entries(figures))
      if (chosen.length === 0 || chosen.includes(name)) await measure(folder);
  } finally {
    removeFolder(folder);
  }
}

void main();
