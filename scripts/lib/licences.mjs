import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { inRoot } from './paths.mjs';

/** The package that a bundled file belongs to, as a path below the repository, or undefined for our own. */
function packageOf(input) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(inRoot(folder, 'package.json'), 'utf8'));
  const file = readdirSync(inRoot(folder)).find(
    (each) => /^licen[cs]e/i.test(each) && existsSync(inRoot(folder, each)),
  );
  const text = file ? readFileSync(inRoot(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${text}\n`;
}

/**
 * The licences of all packages that went into bundles, whose files `inputs` names, and of what went into dtls.wasm, as
 * one text.
 */
export function licences(inputs) {
  const folders = [...new Set(inputs.map(packageOf).filter(Boolean))].sort();
  const rule = `\n${'-'.repeat(80)}\n\n`;
  const notices = [...folders.map(noticeOf), readFileSync(inRoot('dots/mbedtls/NOTICE.txt'), 'utf8')];
  return `The bundles beside this file contain code of the following packages.\n${rule}${notices.join(rule)}`;
}
