import './lib/require-node.mjs';
import { readFileSync } from 'node:fs';

const { startBrowser } = await import('./host/browser.mjs');
const { inRoot } = await import('./lib/paths.mjs');
const { runMain } = await import('./lib/problem.mjs');

/** Draws assets/icon.png, 128 pixels square with transparent corners, from assets/icon.svg. */
await runMain(async () => {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 128, height: 128 } });
    await page.setContent(
      `<style>body { margin: 0 } svg { display: block }</style>${readFileSync(inRoot('assets/icon.svg'), 'utf8')}`,
    );
    await page.screenshot({ path: inRoot('assets/icon.png'), omitBackground: true });
  } finally {
    await browser.close();
  }
});
