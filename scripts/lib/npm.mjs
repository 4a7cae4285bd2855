import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { onPath, run } from './processes.mjs';
import { Problem } from './problem.mjs';

const nodeFolder = dirname(process.execPath);

/** How to call npm: the one that runs this script, the one that came with this Node, or the one on the PATH. */
function npmCommand() {
  const modules = process.platform === 'win32' ? 'node_modules' : '../lib/node_modules';
  const script = [process.env.npm_execpath ?? '', join(nodeFolder, modules, 'npm/bin/npm-cli.js')].find(
    (path) => path.endsWith('npm-cli.js') && existsSync(path),
  );
  if (script) return [process.execPath, script];
  const program = onPath('npm', [nodeFolder]);
  if (program) return [program];
  throw new Problem(
    'npm is not here: install it (it comes with Node.js; on Debian: apt-get install npm) and try again.',
  );
}

/** The environment for a child npm: without what an outer `npm start` says about its own package, and with this Node first on the PATH. */
function npmEnvironment() {
  const own = /^npm_(package|lifecycle|command|config_(local_prefix|prefix))/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
  return { ...env, PATH: [nodeFolder, env.PATH || '/usr/local/bin:/usr/bin:/bin'].join(delimiter) };
}

/** Runs npm with `args` in the folder `cwd`; a failure is a Problem that shows npm's own words. */
export async function npm(args, cwd) {
  const [command, ...first] = npmCommand();
  const { status, output } = await run(command, [...first, ...args], { cwd, env: npmEnvironment() });
  if (status === 0) return;
  const details = output
    .split('\n')
    .filter((line) => !line.startsWith('npm warn'))
    .join('\n');
  throw new Problem(
    `npm ${args.join(' ')} failed in ${cwd} (status ${status}): look at what npm says above; most often the npm registry cannot be reached.`,
    { details },
  );
}
