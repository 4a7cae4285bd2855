import { lookup } from 'node:dns/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Resolution } from '#dots/flowspec/translate';

/** The time limit of one name, milliseconds. */
const patience = 5000;

async function addressesOf(name: string): Promise<string[]> {
  const timer = new AbortController();
  try {
    const found = lookup(name, { all: true, order: 'verbatim' }).then(
      (list) => list.map(({ address }) => address),
      () => [],
    );
    return await Promise.race([found, wait(patience, [], { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}

/**
 * Resolves names by this machine's resolver; a name without an address, or with an answer after more than 5 s, has
 * none.
 */
export async function lookUpAll(names: Iterable<string>): Promise<Map<string, Resolution>> {
  const entries = [...names].map(async (name): Promise<[string, Resolution]> => {
    const addresses = await addressesOf(name);
    return [name, { addresses: [...new Set(addresses)], at: new Date().toISOString() }];
  });
  return new Map(await Promise.all(entries));
}
