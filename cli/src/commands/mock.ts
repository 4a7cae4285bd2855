import { join, resolve } from 'node:path';
import type { Orchestrator, OrchestratorOptions } from '#dots/orchestrator/orchestrator';
import { conflictPolicies, defaultPolicy, type ConflictPolicy } from '#dots/dotsServer/state/policy';
import { safeJson } from '#dots/model/text';
import { clientsFileName } from '#dots/workspace/fileNames';
import { readPsk } from '#dots/transport/certificates/credentialFiles';
import { readClients, resolver, type ReadClients } from '../clients';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import type { Io } from '../io';
import { readPolicy, type ReadPolicy } from '../policy';
import { enterMock } from '../runningMocks';

/** `dots mock`: the orchestrator, until it is terminated. */
export const mock: Command = {
  name: 'mock',
  summary: 'Run the mock orchestrator: a DOTS server that stores mitigations and simulates their course.',
  usage:
    '[--clients FILE | --policy FILE] [--state DIR [--discard-state]] [--secure-port N] [--data-port N] [--plain [--signal-port N]] | cert NAME --state DIR',
  options: [
    { name: 'host', value: 'ADDRESS', preset: '127.0.0.1', description: 'The loopback address to listen on.' },
    {
      name: 'plain',
      description:
        'Also offer the plain signal channel (coap), which authenticates nobody: all users of it are one client, which sees no data of other clients.',
    },
    {
      name: 'signal-port',
      value: 'N',
      description: 'The port of the plain signal channel, with --plain; if absent, a free one.',
    },
    {
      name: 'secure-port',
      value: 'N',
      preset: '0',
      description: 'The port of the secure signal channel, for DTLS and TLS (coaps, coaps+tcp); 0 selects a free one.',
    },
    { name: 'data-port', value: 'N', preset: '0', description: 'The port of the data channel; 0 selects a free one.' },
    { name: 'state', value: 'DIR', description: 'The folder for its state; if absent, the state is lost on exit.' },
    {
      name: 'discard-state',
      description: 'Begin with an empty state: the stored one is set aside in DIR, under a name with the date.',
    },
    {
      name: 'clients',
      value: 'FILE',
      description: 'The clients: their certificates and pre-shared keys, cuids and prefixes. All others are refused.',
    },
    {
      name: 'policy',
      value: 'FILE',
      description:
        'The policy of the orchestrator: its clients, links, forwarding nodes, DMSs and strategies. Its DMSs and its traffic are simulated.',
    },
    {
      name: 'conflicts',
      value: 'POLICY',
      choices: conflictPolicies,
      preset: 'keep-both',
      description:
        'What becomes of requests of several clients for the same target: later ones are refused, all are in force, or none is.',
    },
    {
      name: 'resolve',
      description:
        'Ask the DNS of the system for names in requests of clients with own-prefixes, which the clients file does not name.',
    },
    {
      name: 'psk-identity',
      value: 'ID',
      description: 'An identity that may use a pre-shared key instead of a certificate.',
    },
    { name: 'psk-key-file', value: 'FILE', description: 'The file with that key.' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['json'],
      preset: 'json',
      description: 'The ready line is always JSON.',
    },
  ],
  details: [
    'When it is ready it prints one line of JSON: event is "ready"; signal, coaps, coapsTcp and data are its addresses, signal null without --plain; ca, cert, key and profiles are files. Its log goes to standard error.',
    'profiles is a file of server profiles with the profile lab for both channels: dots send F --profiles FILE --profile lab. --profile mock finds the running mock of the same user without it.',
    'ca, cert and key are the files of that profile, issued by a lab CA that is created at the first start and stored in DIR/lab; without --state it is removed on exit.',
    'dots mock cert NAME --state DIR issues a certificate of that CA for a further client, and prints name, ca, cert, key and spki-sha256 as one line of JSON. If it is issued again, the key stays the same.',
    `Without --clients each certificate of the lab CA, and the identity of --psk-identity, is a separate client, for any prefixes and any number of cuids. A clients file (${clientsFileName}) defines the identities of each client, and its limits.`,
    'With --policy, clients in the ready line has the profile of each client of the policy in the file profiles (dots send F --profiles FILE --profile NAME acts as that client), and dms the address of each DMS. Without it both are null. A policy with errors is not used: exit status 2.',
    'coaps is null in the ready line if the DTLS module was not built; standard error reports that.',
    'DIR belongs to one mock at a time. What it acknowledges is stored before it answers; dots flowspec --state DIR can read it at the same time. A damaged state is refused: --discard-state sets it aside. The lab in DIR stays.',
    'It listens on loopback only. SIGTERM or SIGINT terminates it.',
  ],
  examples: [
    'dots mock',
    'dots mock --secure-port 4646 --state .dots/state',
    'dots mock cert edge-2 --state .dots/state',
    'dots mock --policy examples/orchestrator/lab.orchestrator.json',
  ],
  run: runMock,
};

async function runMock(given: Arguments, io: Io): Promise<ExitStatus> {
  const [first, ...more] = given.paths;
  if (first === 'cert') return issue(more, given, io);
  if (first !== undefined) throw new UsageError(`dots mock accepts no file: "${first}".`, 'See dots mock --help.');
  const stopped = io.stopped();
  const options = await optionsOf(given, io);
  // Loaded here, because dots validate does not need it and must start fast.
  const { Orchestrator } = await import('#dots/orchestrator/orchestrator');
  const orchestrator = await Orchestrator.start(options);
  if (options.clients === undefined) io.say(everyIdentity);
  const endControl = await controlOf(orchestrator, options.stateDir);
  const leave = await enterMock(resolve(orchestrator.profiles), io);
  await io.out(`${safeJson(readyLine(orchestrator, options.orchestrator !== undefined))}\n`);
  await stopped;
  await leave();
  await endControl?.();
  await orchestrator.close();
  return 0;
}

/** Lets `dots orchestrator` ask this process; returns what ends that. */
async function controlOf(orchestrator: Orchestrator, stateDir: string | undefined) {
  if (stateDir === undefined) return undefined;
  const [{ serveControl }, { servedBy }] = await Promise.all([
    import('../orchestrator/controlSocket'),
    import('../orchestrator/served'),
  ]);
  return serveControl(stateDir, servedBy(orchestrator));
}

/** The clients if there is no clients file. */
const everyIdentity =
  'Each certificate of the lab CA, and the identity of --psk-identity, is a separate client, for any prefixes and any number of cuids. --clients FILE defines the clients.';

async function optionsOf(given: Arguments, io: Io): Promise<OrchestratorOptions> {
  const plain = given.option('plain') !== undefined;
  if (!plain && given.option('signal-port') !== undefined)
    throw new UsageError(
      '--signal-port is the port of the plain signal channel, which is offered only with --plain.',
      'Add --plain, or specify the port of DTLS and TLS: --secure-port.',
    );
  const read = await readFiles(given, io);
  return {
    clients: read?.clients,
    orchestrator: read !== undefined && 'policy' in read ? read.policy : undefined,
    resolve: resolver(read?.names ?? new Map(), given.option('resolve') !== undefined),
    host: given.option('host'),
    stateDir: given.option('state'),
    discardState: discardOf(given),
    policy: { ...defaultPolicy, conflicts: conflictsOf(given) },
    log: (line) => io.say(`${new Date().toISOString()} ${line}`),
    plain,
    signalPort: wholeNumber('signal-port', given.option('signal-port'), 0, 65535),
    securePort: wholeNumber('secure-port', given.option('secure-port'), 0, 65535),
    dataPort: wholeNumber('data-port', given.option('data-port'), 0, 65535),
    psk: await pskOf(given),
  };
}

const conflictsOf = (given: Arguments): ConflictPolicy =>
  conflictPolicies.find((name) => name === given.option('conflicts')) ?? defaultPolicy.conflicts;

/** The clients file or the policy. Throws UsageError where both are named. */
async function readFiles(given: Arguments, io: Io): Promise<ReadClients | ReadPolicy | undefined> {
  const [clients, policy] = [given.option('clients'), given.option('policy')];
  if (clients !== undefined && policy !== undefined)
    throw new UsageError('--clients and --policy cannot be combined.', 'A policy has its clients in "clients".');
  if (policy !== undefined) return readPolicy(policy, io);
  return clients === undefined ? undefined : readClients(clients, given.option('psk-identity'), io);
}

function readyLine(orchestrator: Orchestrator, hasPolicy: boolean): object {
  const { signal, coaps, coapsTcp, data, ca, cert, key, profiles } = orchestrator;
  const files = Object.fromEntries(
    Object.entries({ ca, cert, key, profiles }).map(([name, file]) => [name, resolve(file)]),
  );
  const clients = hasPolicy ? Object.fromEntries(orchestrator.clients.map((name) => [name, name])) : null;
  const dms = hasPolicy ? Object.fromEntries(orchestrator.dms) : null;
  const addresses = { signal: signal ?? null, coaps: coaps ?? null, coapsTcp, data };
  return { version: 1, event: 'ready', ...addresses, ...files, clients, dms };
}

/** `dots mock cert NAME`: a certificate for a further client, from the lab CA of a state folder. */
async function issue([name, ...more]: string[], given: Arguments, io: Io): Promise<ExitStatus> {
  const stateDir = given.option('state');
  if (name === undefined || more.length > 0 || stateDir === undefined)
    throw new UsageError(
      'dots mock cert needs one name and the state folder of the mock.',
      'For example: dots mock cert edge-2 --state .dots/state.',
    );
  const { isLabClientName, openLab } = await import('#dots/transport/certificates/lab');
  if (!isLabClientName(name))
    throw new UsageError(
      `"${name}" is not a valid name for a client of the lab.`,
      'Use 1 to 64 letters, digits, ".", "_" and "-"; begin with a letter or digit, and do not end with "-key".',
    );
  const { files, clients } = await openLab(join(stateDir, 'lab'), { clients: [name], notify: (line) => io.say(line) });
  const { cert, key, identity } = clients.get(name) ?? { ...files, identity: '' };
  const paths = { ca: resolve(files.ca), cert: resolve(cert), key: resolve(key) };
  await io.out(`${safeJson({ version: 1, name, ...paths, 'spki-sha256': identity })}\n`);
  return 0;
}

/** Throws UsageError where there is no state to discard. */
function discardOf(given: Arguments): boolean {
  const discard = given.option('discard-state') !== undefined;
  if (discard && given.option('state') === undefined)
    throw new UsageError('--discard-state needs the folder of the state.', 'Name it: --state DIR.');
  return discard;
}

/** The key of the only known identity. Throws UsageError if only one of the two options is present. */
async function pskOf(given: Arguments): Promise<((identity: string) => Uint8Array | undefined) | undefined> {
  const [known, file] = [given.option('psk-identity'), given.option('psk-key-file')];
  if (known === undefined && file === undefined) return undefined;
  if (known === undefined || file === undefined)
    throw new UsageError(
      'A pre-shared key needs its identity and its file.',
      'Name both: --psk-identity and --psk-key-file.',
    );
  const key = await readPsk(file);
  return (identity) => (identity === known ? key : undefined);
}
