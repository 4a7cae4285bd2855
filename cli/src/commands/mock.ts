import { resolve } from 'node:path';
import { safeJson } from '#dots/model/text';
import { readPsk } from '#dots/transport/certificates/credentialFiles';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import type { Io } from '../io';

/** `dots mock`: the orchestrator, until it is told to end. */
export const mock: Command = {
  name: 'mock',
  summary: 'Run the mock orchestrator: a DOTS server that stores mitigations and simulates their course.',
  usage: '[--host 127.0.0.1] [--signal-port N] [--secure-port N] [--data-port N] [--state DIR [--discard-state]]',
  options: [
    { name: 'host', value: 'ADDRESS', preset: '127.0.0.1', description: 'The loopback address to listen on.' },
    {
      name: 'signal-port',
      value: 'N',
      preset: '0',
      description: 'The port of the plain signal channel (coap); 0 selects a free one.',
    },
    {
      name: 'secure-port',
      value: 'N',
      preset: '0',
      description: 'The port of the secure one, for DTLS and TLS alike (coaps, coaps+tcp); 0 selects a free one.',
    },
    { name: 'data-port', value: 'N', preset: '0', description: 'The port of the data channel; 0 selects a free one.' },
    { name: 'state', value: 'DIR', description: 'The folder for its state; without it the state is lost at the end.' },
    {
      name: 'discard-state',
      description: 'Begin with an empty state: the stored one is set aside in DIR, under a name with the date.',
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
    'When it is ready it prints one line of JSON: {"event":"ready","signal":"coap://127.0.0.1:N","coaps":"coaps://127.0.0.1:N","coapsTcp":"coaps+tcp://127.0.0.1:N","data":"https://127.0.0.1:N","ca":FILE,"cert":FILE,"key":FILE}. Its log goes to standard error.',
    'ca, cert and key are the files with which a client opens the secure channels: a lab CA that is made at the first start and kept in DIR/lab; without --state it ends with the mock.',
    'coaps is missing from that line where the DTLS module was not built; standard error says so.',
    'DIR belongs to one mock at a time. It stores what it acknowledges before it answers; dots flowspec --state DIR reads it meanwhile. A damaged state is not used: --discard-state sets it aside. The lab in DIR stays.',
    'It listens on loopback only. SIGTERM and SIGINT end it.',
  ],
  examples: ['dots mock', 'dots mock --signal-port 4646 --state .dots/state'],
  run: runMock,
};

async function runMock(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0)
    throw new UsageError(`dots mock takes no file: "${given.paths[0] ?? ''}".`, 'See dots mock --help.');
  const stopped = io.stopped();
  // Loaded here, because validating needs none of it and should start fast.
  const { Orchestrator } = await import('#dots/orchestrator/orchestrator');
  const orchestrator = await Orchestrator.start({
    host: given.option('host'),
    stateDir: given.option('state'),
    discardState: discardOf(given),
    log: (line) => io.say(`${new Date().toISOString()} ${line}`),
    securePort: wholeNumber('secure-port', given.option('secure-port'), 0, 65535),
    psk: await pskOf(given),
    signalPort: wholeNumber('signal-port', given.option('signal-port'), 0, 65535),
    dataPort: wholeNumber('data-port', given.option('data-port'), 0, 65535),
  });
  const { signal, coaps, coapsTcp, data, ca, cert, key } = orchestrator;
  await io.out(
    `${safeJson({ event: 'ready', signal, coaps, coapsTcp, data, ca: resolve(ca), cert: resolve(cert), key: resolve(key) })}\n`,
  );
  await stopped;
  await orchestrator.close();
  return 0;
}

/** Throws UsageError where there is no state to discard. */
function discardOf(given: Arguments): boolean {
  const discard = given.option('discard-state') !== undefined;
  if (discard && given.option('state') === undefined)
    throw new UsageError('--discard-state needs the folder of the state.', 'Name it: --state DIR.');
  return discard;
}

/** The key of the one identity that is known. Throws UsageError where only one of the two options is there. */
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
