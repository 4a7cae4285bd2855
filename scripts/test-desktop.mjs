import './lib/require-node.mjs';
import { join } from 'node:path';

const { buildEditorSuite, ensureBuilt } = await import('./build.mjs');
const { writeSettings } = await import('./host/settings.mjs');
const { temporaryFolder } = await import('./host/server.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { inRoot, root } = await import('./lib/paths.mjs');
const { Problem, runMain } = await import('./lib/problem.mjs');
const { copyInto } = await import('./test/editor-host.mjs');
const { judgeEditorRun } = await import('./test/editor-result.mjs');
const { print } = await import('./test/tally.mjs');

const downloadHint =
  'Desktop VS Code could not be downloaded or run: set VSCODE_EXECUTABLE_PATH to the program of an installed one and try again';

/** Runs the suite in a desktop VS Code; resolves with the test host's exit code. */
async function runDesktop(data, resultFile) {
  const { runTests } = await import('@vscode/test-electron');
  try {
    return await runTests({
      vscodeExecutablePath: process.env.VSCODE_EXECUTABLE_PATH || undefined,
      cachePath: inRoot('.dots', 'vscode-test'),
      extensionDevelopmentPath: root,
      extensionTestsPath: inRoot('out/editor/index.js'),
      extensionTestsEnv: { DOTS_EDITOR_RESULT: resultFile, XDG_CONFIG_HOME: join(data, 'config') },
      launchArgs: [
        copyInto(data, inRoot('examples')),
        '--user-data-dir',
        join(data, 'vscode'),
        '--disable-extensions',
        '--disable-workspace-trust',
        '--skip-welcome',
      ],
    });
  } catch (error) {
    // A run that ended has an exit code; one that never began has a negative or a named one.
    if (error.code === undefined || error.code >= 0) return error.code ?? 1;
    throw new Problem(`${downloadHint} (${error.message}).`, { cause: error });
  }
}

/** The editor suite in a desktop VS Code (Electron), which is downloaded unless VSCODE_EXECUTABLE_PATH names one. */
await runMain(async () => {
  await ensureDependencies();
  await ensureBuilt();
  await buildEditorSuite();
  const data = temporaryFolder('dots-desktop-');
  writeSettings(join(data.path, 'vscode'));
  const resultFile = join(data.path, 'result.json');
  const exitCode = await runDesktop(data.path, resultFile);
  const tally = judgeEditorRun({ exitCode, resultFile });
  data.remove();
  print(`editor suite in desktop VS Code: ${tally}.`);
  return tally.failed > 0 ? 1 : 0;
});
