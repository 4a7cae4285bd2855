import { ignoredFileCode } from '#dots/workspace/leftOut';
import type { LocatedFinding } from '#service/service';
import { reportFindings, type ReadDocument } from './document';
import type { Io } from './io';
import { namedDocuments } from './namedDocuments';
import type { Sending } from './serverTarget';

/**
 * Whether a document may be sent: it has no error, alone or together with related documents; errors are reported.
 * @param who the command, in the message that nothing was sent
 */
export async function isSendable(
  { file, bytes }: ReadDocument,
  { workspaces, context }: Sending,
  { io, who }: { io: Io; who: string },
): Promise<boolean> {
  const { validator, add } = namedDocuments(workspaces);
  const source = add(file, bytes);
  const said = { ...context, direction: 'request' as const };
  const findings = await validator.findings(source, said, await validator.loaded(file));
  reportFindings(
    file,
    findings.filter((finding) => !isReported(finding)),
    io,
  );
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) io.say(`${who}: not sent: ${file} has errors, so the server would refuse it.`);
  return errors === 0;
}

/** Whether a finding was reported when the document and its workspace file were read. */
const isReported = ({ class: of, code }: LocatedFinding): boolean => of === 'json' || code === ignoredFileCode;
