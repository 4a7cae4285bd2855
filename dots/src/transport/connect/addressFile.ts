import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isObject } from '#dots/model/json';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { stateFolder } from '#dots/runtime/stateFolder';
import { addressMemory, namesAtMost, type AddressMemory } from './resolve';

/** The name of the file in the state folder. */
const fileName = 'addresses.json';

/**
 * The last addresses of names, in a file that the processes of one user share. What it says proves nothing: the server
 * at an address is authenticated as always. A file that is missing, damaged or cannot be written is as none.
 */
export function storedAddresses(path: string = join(stateFolder(), fileName)): AddressMemory {
  let memory: AddressMemory | undefined;
  const known = (): AddressMemory => (memory ??= readMemory(path));
  return {
    get: (name) => known().get(name),
    entries: () => known().entries(),
    set: (name, addresses) => {
      if (known().get(name)?.join() === addresses.join()) return;
      known().set(name, addresses);
      const text = JSON.stringify(Object.fromEntries(known().entries()));
      writeFileAtomically(path, `${text}\n`).catch(() => undefined);
    },
  };
}

function readMemory(path: string): AddressMemory {
  const memory = addressMemory();
  for (const [name, addresses] of Object.entries(read(path)).slice(-namesAtMost))
    if (isAddresses(addresses)) memory.set(name, addresses);
  return memory;
}

function read(path: string): Readonly<Record<string, unknown>> {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(stored) ? stored : {};
  } catch {
    return {};
  }
}

const isAddresses = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && isIP(each) !== 0);
