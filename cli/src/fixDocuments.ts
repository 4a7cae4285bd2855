import { realpath } from 'node:fs/promises';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { oneLine, printable } from '#dots/model/text';
import { absolutePath } from './caller';
import { lineDifferences } from './lineDifferences';
import type { NamedDocuments } from './namedDocuments';

/**
 * Applies all fixes that keep the meaning to the documents, and prints which files changed; with `dryRun` no file is
 * changed, and the differences are printed. The documents are validated with their new text afterwards.
 */
export async function fixDocuments(
  named: NamedDocuments,
  dryRun: boolean,
  print: (line: string) => unknown,
): Promise<void> {
  const { validator, documents } = named;
  const sets = await validator.now();
  for (const source of [...named.sources]) {
    await sets.loaded(source.uri);
    const { text: before } = documents.parsed(source);
    const after = await validator.fixed(source);
    if (after === before) continue;
    if (dryRun)
      for (const line of [`--- ${printable(source.uri)}`, ...lineDifferences(before, after)])
        await print(oneLineKept(line));
    else {
      await writeFileAtomically(await realpath(absolutePath(source.uri)), after);
      await print(`${printable(source.uri)}: fixed`);
    }
    named.replace(source, after);
  }
}

/** A line of a file, made harmless for a terminal; its indentation is kept. */
const oneLineKept = (line: string): string =>
  /^.?\s*/.exec(line)?.[0].replace(/\t/g, '  ') + oneLine(line.replace(/^.?\s*/, ''));
