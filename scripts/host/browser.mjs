import { onPath } from '../lib/processes.mjs';
import { Problem } from '../lib/problem.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const folders = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];

/** What to say where there is no browser. */
export const browserHint = 'Chromium is not installed (apt-get install chromium, or CHROMIUM=/path/to/chromium)';

/** The path of a Chromium or Chrome: what CHROMIUM names, or the first one found; undefined where there is none. */
export function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  return [...names, 'Chromium', 'Google Chrome'].map((name) => onPath(name, folders)).find(Boolean);
}

/** Starts a headless Chromium that stays off the network but for the page it is given. Returns playwright's Browser. */
export async function startBrowser() {
  const executablePath = findBrowser();
  if (!executablePath) throw new Problem(`${browserHint}.`);
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
