import { UsageError, type Arguments, type Command, type ExitStatus, type Option } from '../command';
import { actionNames, actionWords } from '../dataActionNames';
import { actions } from '../dataActions';
import { DataReport } from '../dataReport';
import { refuseForeign, type ForeignOptions } from '../foreignOptions';
import type { Io } from '../io';
import { targetOptions } from '../serverTarget';

/** Options of `dots send` that the data channel does not have. */
const ofSignalChannel: ReadonlySet<string> = new Set(['mid', 'psk-identity', 'psk-key-file']);

/** The descriptions of options that differ from those of `dots send`. */
const described: Readonly<Record<string, string>> = {
  server: 'The server of the data channel: https://HOST[:PORT] (default: from the profile).',
  yes: 'Also change something on a production server; reading needs no confirmation.',
  cuid: 'The client identifier that the entries belong to (default: from the workspace file or the profile, or derived from the certificate).',
};

const options: readonly Option[] = [
  ...targetOptions
    .filter(({ name }) => !ofSignalChannel.has(name))
    .map((option) => ({ ...option, description: described[option.name] ?? option.description })),
  {
    name: 'save',
    value: 'FILE',
    description: 'Write what get and capabilities read to a file, without state of the server in aliases and ACLs.',
  },
  { name: 'when-mitigating', description: 'With activate: in force only while a mitigation is active.' },
  { name: 'format', value: 'FORMAT', choices: ['text', 'json'], preset: 'text', description: 'The output format.' },
];

const foreign: ForeignOptions = [
  ['save', ['get', 'capabilities']],
  ['when-mitigating', ['activate']],
];

/** `dots data`: the aliases and ACLs of a client, and what the server offers, over the data channel (RFC 8783). */
export const data: Command = {
  name: 'data',
  summary: 'Read, install, activate and remove aliases and ACLs over the data channel.',
  usage:
    'get [aliases|acls [NAME] | vendor-mapping | own-vendor-mapping] [--save FILE]\n       dots data install FILE|-\n       dots data remove alias|acl NAME...\n       dots data remove client|own-vendor-mapping\n       dots data activate NAME... [--when-mitigating]\n       dots data deactivate NAME...\n       dots data refresh [NAME...]\n       dots data capabilities [--save FILE]\n       each with --profile NAME [--yes], or --server https://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options,
  actions: actionWords,
  details: [
    'get prints what the server has of this client, with the time until each entry expires; vendor-mapping prints the attack mapping of the server, own-vendor-mapping the one that this client has installed (RFC 9244 section 8.1.6).',
    'install registers the client if the server does not know it. Before an entry of the same name is replaced, the difference is printed: each member, and each ACE that is added, removed, changed or moved. Installing an entry again restarts its lifetime. A document with errors is not sent.',
    'activate puts ACLs in force at once; with --when-mitigating only while a mitigation is active. deactivate takes them out of force and leaves them on the server. Both use PATCH; where the server has none, the whole ACL is replaced.',
    'refresh restarts the lifetime of aliases and ACLs, with the content that they have on the server; without names of all of them.',
    'remove client removes the registration, and with it all aliases and ACLs of this cuid.',
    'Where the server has entity tags, an entry is changed or removed only if it is still the one that was printed (If-Match, RFC 8040 section 3.5.2).',
    'capabilities prints what the server can match and do. Saved beside your ACLs, dots validate and the editor report what the server would refuse.',
    'With --format json there is one object, whose keys are always present: version, action, ok, server, profile, cuid, registered, changes, body, saved, answers, findings, notes, next, error.',
    'Exit status 0: the server accepted. 1: it refused, or the document has errors. 3: it did not answer, or one side was not authenticated.',
  ],
  examples: [
    'dots data get --profile upstream',
    'dots data install acl.dots.json --profile upstream --yes',
    'dots data activate drop-ntp --profile upstream --yes',
    'dots data remove alias web-servers --profile upstream --yes',
    'dots data refresh --profile upstream --yes',
    'dots data capabilities --profile upstream --save capabilities.dots.json',
  ],
  run: runData,
};

async function runData(given: Arguments, io: Io): Promise<ExitStatus> {
  const [word, ...words] = given.paths;
  const report = new DataReport(word ?? '', given.option('format') === 'json', io);
  try {
    const action = actionNames.find((name) => name === word);
    if (action === undefined) throw noAction(word);
    refuseForeign('data', action, given, foreign);
    await actions[action]({ words, given, report, io: report.watched });
    return await report.end();
  } catch (error) {
    await report.failed(error);
    throw error;
  }
}

function noAction(word: string | undefined): UsageError {
  const known = actionNames.join(', ');
  return new UsageError(
    word === undefined ? `dots data needs an action: ${known}.` : `dots data has no action "${word}": it has ${known}.`,
    'See dots data --help.',
  );
}
