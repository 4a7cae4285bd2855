import { mkdirSync } from 'node:fs';
import { inRoot } from '../lib/paths.mjs';

const patienceMs = 30_000;

/** VS Code's user interface as a person meets it, in a page of a headless browser. */
export class EditorPage {
  /** Hosts other than VS Code's server that the page asked for something. */
  strangers = new Set();

  constructor(page) {
    this.page = page;
  }

  /** Opens `url` in a new window of `browser`. */
  static async open(browser, url, viewport) {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const editor = new EditorPage(page);
    const { host } = new URL(url);
    context.on('request', (request) => {
      const asked = new URL(request.url());
      if (/^(https?|wss?):/.test(asked.protocol) && asked.host !== host) editor.strangers.add(asked.host);
    });
    await page.goto(url);
    await page.locator('.monaco-workbench').waitFor();
    return editor;
  }

  /** The tab of an open document. */
  tab(title) {
    return this.page.locator('.tabs-container .tab', { hasText: title });
  }

  /** A link above a line of a document. */
  lens(title) {
    return this.page.locator('.codelens-decoration a', { hasText: title });
  }

  /** A row of a tree in the sidebar. */
  row(text) {
    return this.page.locator('.sidebar .monaco-list-row', { hasText: text });
  }

  /** An item of the status bar. */
  statusItem(text) {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  /** The lines of the document shown in the editor of the tab `title`, whichever group that is in. */
  linesOf(title) {
    return this.page
      .locator('.editor-group-container', { has: this.tab(title) })
      .locator('.view-lines')
      .first();
  }

  /** Shows a view of the activity bar. */
  async showView(name) {
    await this.page.locator('.activitybar').getByRole('tab', { name, exact: true }).click();
  }

  /**
   * Picks a row of the box that a key opens, after typing into it; something else that opens at the same moment can
   * close the box, and then it is opened again.
   */
  async pick(key, text, row, attempts = 6) {
    const timeout = attempts > 1 ? 5_000 : 30_000;
    await this.page.keyboard.press(key);
    try {
      await this.page.locator('.quick-input-widget input').fill(text, { timeout });
      await this.page.locator('.quick-input-list .monaco-list-row', { hasText: row }).first().click({ timeout });
    } catch (error) {
      if (attempts <= 1) throw error;
      await this.page.keyboard.press('Escape');
      await this.pick(key, text, row, attempts - 1);
    }
  }

  /** Runs a command by its title, through the command palette. */
  async command(title) {
    await this.pick('F1', `>${title}`, title);
  }

  /** Opens a document of the workspace by its name. */
  async openFile(name) {
    await this.pick('Control+P', name, name);
    await this.tab(name).waitFor();
  }

  /** Changes from a dark theme to a light one or back, and waits for the `theme` that is expected then. */
  async toggleTheme(theme) {
    await this.command('Preferences: Toggle between Light/Dark Themes');
    await this.page.locator(theme === 'dark' ? '.monaco-workbench.vs-dark' : '.monaco-workbench.vs').waitFor();
    // Colours fade over from one theme to the other.
    await this.page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  }

  /** Takes a picture to out/shots/NAME.png and returns its path. */
  async shot(name) {
    const path = inRoot('out', 'shots', `${name}.png`);
    mkdirSync(inRoot('out', 'shots'), { recursive: true });
    await this.page.screenshot({ path });
    return path;
  }
}
