/** A process of its own that makes so many requests of one client, and prints their mids: FOLDER COUNT NAME. */
import { Ledger } from '#dots/signal/ledgerFolder';
import { mitigationOf } from './ledgerScene';

async function write(folder: string, count: number, name: string): Promise<void> {
  const client = (await Ledger.open(folder)).client({
    address: 'coaps://dots.example.net',
    cuid: 'c',
    source: 'derived',
  });
  for (let index = 0; index < count; index += 1) {
    const { entry } = await client.begin(mitigationOf(`${name}-${index}.example.net`));
    await client.sending(entry);
    await client.answered(entry, { code: '2.01', ok: true });
    process.stdout.write(`${entry.id}\n`);
  }
}

const [folder = '', count = '', name = ''] = process.argv.slice(2);
void write(folder, Number(count), name);
