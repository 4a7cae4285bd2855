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

/**
 * The environment for a child npm: without what an outer `npm start` says about its own package, and with this Node
 * first on the PATH.
 */
function npmEnvironment() {
  const own = /^npm_(package|lifecycle|command|config_(local_prefix|prefix))/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
  return { ...env, PATH: [nodeFolder, env.PATH || '/usr/local/bin:/usr/bin:/bin'].join(delimiter) };
}

const runNpm = (args, cwd) => {
  const [command, ...first] = npmCommand();
  return run(command, [...first, ...args], { cwd, env: npmEnvironment() });
};

/** Runs npm with `args` in the folder `cwd`; a failure is a Problem that shows npm's own words. */
export async function npm(args, cwd) {
  const { status, output } = await runNpm(args, cwd);
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

/** What npm answers as JSON, whatever its exit status; a Problem where it is no answer. */
export async function npmJson(args, cwd) {
  const { output } = await runNpm([...args, '--json', '--loglevel=silent'], cwd);
  const answer = parsed(output);
  if (answer !== undefined && answer.error === undefined) return answer;
  throw new Problem(`npm ${args.slice(0, 2).join(' ')} has no answer`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
