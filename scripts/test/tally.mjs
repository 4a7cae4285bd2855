/** How many tests passed, failed and were skipped. */
export class Tally {
  constructor({ passed = 0, failed = 0, skipped = 0 } = {}) {
    Object.assign(this, { passed, failed, skipped });
  }

  add({ passed, failed, skipped }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/** One line of the report of `npm test`. */
export const print = (text) => process.stdout.write(`${text}\n`);

/** A failed test, in full. */
export function printFailure(title, text = '') {
  print(`✖ ${title}`);
  if (text) print(text.trimEnd().replace(/^/gm, '    '));
}

/** A skipped test, in one line with its reason. */
export const printSkipped = (title, reason) =>
  print(`- skipped: ${title}${typeof reason === 'string' && reason !== '' ? `: ${reason}` : ''}`);
