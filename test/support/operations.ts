import { Session, type Profiler } from 'node:inspector/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { root } from './shared';

/** Where the product's code is, as the engine names it: the folders above must not be taken for it. */
const product = ['dots', 'server'].map((folder) => pathToFileURL(join(root, folder, 'src/')).href);

// Optimised code counts nothing, and code that was compiled before the count began counts its calls only: the count
// begins with the import.
setFlagsFromString('--no-opt');
const session = new Session();
session.connect();
const counting = session
  .post('Profiler.enable')
  .then(() => session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true }));

/**
 * How many blocks of the product's code run during a piece of work: function bodies, branches and turns of loops, as
 * the engine counts them. The number is the same on every machine. Loops inside built-in functions count as one.
 */
export async function operationsOf(work: () => Promise<unknown>): Promise<number> {
  await counting;
  await session.post('Profiler.takePreciseCoverage');
  await work();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return sum(
    result
      .filter(({ url }) => product.some((folder) => url.startsWith(folder)))
      .flatMap(({ functions }) => functions.map(blocksIn)),
  );
}

const blocksIn = ({ ranges }: Profiler.FunctionCoverage): number => sum(ranges.map(({ count }) => count));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
