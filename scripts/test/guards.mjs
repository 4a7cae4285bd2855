import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';

function statusOf(url, headers = {}) {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject);
  });
}

/** The command lines of all processes, which every user of a Linux machine can read; none elsewhere. */
function commandLines() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => commandLineOf(pid));
  } catch {
    return [];
  }
}

function commandLineOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}

/**
 * Checks who reaches VS Code's server in the browser: no client without its token, and no page of another origin with
 * it.
 */
export async function checkGuards(host) {
  const page = host.url({ folder: '/' });
  const token = new URL(page).searchParams.get('tkn');
  assert.match(token, /^\w{32}$/);
  assert.equal(await statusOf(page), 302, 'the token becomes a cookie');
  assert.equal(await statusOf(`http://${host.authority}/`), 403, 'without the token');
  assert.equal(await statusOf(page, { origin: 'https://example.com' }), 403, 'from another origin');
  assert.equal(await statusOf(page, { host: 'rebound.example.com' }), 403, 'under another name');
  assert.ok(!commandLines().some((line) => line.includes(token)), 'the token is in a command line');
}
