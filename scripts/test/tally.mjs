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

const failures = [];

/** A failed test, in full; its beginning is repeated at the end of the report. */
export function printFailure(title, text = '') {
  failures.push({ title, text });
  printTitleAndText(title, text);
}

/** What failed, once more: a report that was cut to its end still says it. */
export function printFailuresAgain() {
  if (failures.length > 0) print('== failed');
  for (const { title, text } of failures.splice(0)) printTitleAndText(title, text.split('\n').slice(0, 12).join('\n'));
}

function printTitleAndText(title, text) {
  print(`✖ ${title}`);
  if (text) print(text.trimEnd().replace(/^/gm, '    '));
}

/** A skipped test, in one line with its reason. */
export const printSkipped = (title, reason) =>
  print(`- skipped: ${title}${typeof reason === 'string' && reason !== '' ? `: ${reason}` : ''}`);
