import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Settings that keep VS Code quiet: no telemetry, no updates, no offers, nothing fetched, and the editor alone on the screen. */
const quiet = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'json.schemaDownload.enable': false,
  'npm.fetchOnlinePackageInfo': false,
  'remote.autoForwardPorts': false,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.preferredDarkColorTheme': 'Default Dark Modern',
  'workbench.preferredLightColorTheme': 'Default Light Modern',
};

function present(file) {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  } catch {
    // A file that the person has written comments into stays as it is.
    return undefined;
  }
}

/** Writes settings into a file; what it says already wins. */
function addSettings(file, settings) {
  const kept = present(file);
  if (kept === undefined) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...settings, ...kept }, null, 2)}\n`);
}

/**
 * Writes the settings of a user-data folder: the quiet ones and `own`. A VS Code in the browser takes settings that
 * belong to a machine, such as whether the mock orchestrator starts by itself, from the server's machine settings.
 */
export function writeSettings(data, own = {}) {
  addSettings(join(data, 'User', 'settings.json'), { ...quiet, ...own });
  addSettings(join(data, 'Machine', 'settings.json'), own);
}
