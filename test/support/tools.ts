import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';

/**
 * Whether a system tool can be run. Where it is missing the test is skipped, naming the tool and its Debian package;
 * under CI=true it fails, so that continuous integration never skips a judge.
 */
export function needTool(t: TestContext, command: string, debianPackage: string): boolean {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const found = spawnSync('sh', ['-c', `command -v ${command}`], { env: { ...process.env, PATH: path } }).status === 0;
  if (found) return true;
  const sentence = `${command} is not installed (apt-get install ${debianPackage})`;
  if (process.env.CI === 'true') throw new Error(sentence);
  t.skip(sentence);
  return false;
}
