import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Settings that keep VS Code quiet: no telemetry, no updates, no offers, nothing fetched, and the editor alone on the
 * screen; all it asks is whether a folder is trusted.
 */
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
  // A folder is restricted until it is trusted: VS Code asks, as it does not by itself any more.
  'security.workspace.trust.startupPrompt': 'once',
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.preferredDarkColorTheme': 'Default Dark Modern',
  'workbench.preferredLightColorTheme': 'Default Light Modern',
};

/** Earlier versions wrote that every folder is trusted; now VS Code asks. */
const trustsAll = /("security\.workspace\.trust\.enabled"\s*:\s*)false/g;

/**
 * The text of a settings file with more settings; what it says already wins. One that the person has written comments
 * into gets none.
 */
function withSettings(text, settings) {
  try {
    return `${JSON.stringify({ ...settings, ...JSON.parse(text) }, null, 2)}\n`;
  } catch {
    return text;
  }
}

function addSettings(file, settings) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, withSettings(text.replace(trustsAll, '$1true'), settings));
}

/**
 * Writes the settings of a user-data folder: the quiet ones and `own`. A VS Code in the browser takes settings that
 * belong to a machine, such as whether the mock orchestrator starts by itself, from the server's machine settings.
 */
export function writeSettings(data, own = {}) {
  addSettings(join(data, 'User', 'settings.json'), { ...quiet, ...own });
  addSettings(join(data, 'Machine', 'settings.json'), own);
}
