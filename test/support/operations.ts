import { Session, type Profiler } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

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
    result.filter(({ url }) => /\/(dots|server)\/src\//.test(url)).flatMap(({ functions }) => functions.map(blocksIn)),
  );
}

const blocksIn = ({ ranges }: Profiler.FunctionCoverage): number => sum(ranges.map(({ count }) => count));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
