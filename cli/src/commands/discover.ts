import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { discover as discoverServers, type Discovery, type FoundServer, type Step } from '#dots/discovery/discover';
import { dnsLookup } from '#dots/discovery/dnsLookup';
import { foundProfile } from '#dots/discovery/profile';
import { domainNameProblem } from '#dots/model/domainName';
import { DotsError } from '#dots/model/errors';
import { printable, safeJson } from '#dots/model/text';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import type { Io } from '../io';

/** `dots discover`: the DOTS servers of a domain, and a profile for them. */
export const discover: Command = {
  name: 'discover',
  summary: 'Find the DOTS servers of a domain in the DNS (RFC 8973), and print a profile for them.',
  usage: 'NAME [--resolver ADDRESS[:PORT]] [--timeout S] [--format text|json]',
  options: [
    {
      name: 'resolver',
      value: 'ADDRESS[:PORT]',
      description: 'The name server to ask (default: those of this machine).',
    },
    { name: 'timeout', value: 'S', preset: '10', description: 'Seconds for all look-ups together.' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['text', 'json'],
      preset: 'text',
      description: 'The output format.',
    },
  ],
  details: [
    'NAPTR records with the service DOTS are followed to SRV records and addresses (RFC 8973 section 6). If they lead to no server, the instances of DNS-SD are looked up (section 7). Servers are listed in the order in which a client tries them, each with the records that led to it.',
    'Certificates are checked against the name that you specify (RFC 8973 section 8.2): a forged answer must not choose the name. Where a server has other addresses than that name, the profile has its own host as the address, and your name as "server-name". dots does not check DNSSEC.',
    'Nothing is sent to the servers. Exit status 1: the name has no records for DOTS. 3: a name server did not answer, and no server was found.',
  ],
  examples: ['dots discover example.net', 'dots discover example.net --resolver 192.0.2.53 --format json'],
  run: runDiscover,
};

async function runDiscover(given: Arguments, io: Io): Promise<ExitStatus> {
  const [path, ...more] = given.paths;
  if (path === undefined || more.length > 0)
    throw new UsageError('Specify one domain name, such as example.net.', 'See dots discover --help.');
  const name = nameOf(path);
  const server = serverOf(given.option('resolver'));
  const lookup = dnsLookup(server, 1000 * (wholeNumber('timeout', given.option('timeout'), 1, 600) ?? 10));
  const found = await discoverServers(name, lookup).finally(() => lookup.close());
  if (found.servers.length === 0) throw nothingFound(found, server);
  await io.out(given.option('format') === 'json' ? `${safeJson(jsonOf(found), 2)}\n` : textOf(found));
  return 0;
}

/** The name as it is in the DNS. Throws UsageError. */
function nameOf(text: string): string {
  const name = domainToASCII(text).replace(/\.$/, '');
  const problem = domainNameProblem(name === '' ? text : name);
  if (problem === undefined) return name;
  throw new UsageError(`"${text}" ${problem}.`, 'Specify a domain name, such as example.net.');
}

/** The name server in the form of Node.js. Throws UsageError. */
function serverOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = isIP(text) === 6 ? text : (bracketed ?? plain ?? '');
  const family = isIP(host);
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65535);
  if (family === 0 || !isPort || (bracketed !== undefined && family !== 6))
    throw new UsageError(
      `--resolver must be an IP address, with a port if it is not 53, not "${text}".`,
      'Write it such as 192.0.2.53 or [2001:db8::53]:5353.',
    );
  return `${family === 6 ? `[${host}]` : host}:${port ?? '53'}`;
}

function nothingFound({ name, problems, unanswered }: Discovery, server: string | undefined): DotsError {
  const reasons = problems.map((problem) => ` ${problem}`).join('');
  if (unanswered > 0)
    return new DotsError(
      'unreachable',
      'discovery/no-answer',
      `No DOTS server of ${name} was found, because look-ups had no usable answer.${reasons}`,
      server === undefined ? 'Specify another name server with --resolver.' : 'Check --resolver.',
    );
  return new DotsError(
    'malformed',
    'discovery/nothing-found',
    `The DNS names no DOTS server of ${name}: there are no records for the service DOTS that lead to an address.${reasons}`,
    'Ask its operator for the addresses, and write them in a profile.',
  );
}

/** The channel and the transport of a server. */
const channels: Readonly<Record<FoundServer['protocol'], string>> = {
  'signal.udp': 'signal channel over DTLS (UDP)',
  'signal.tcp': 'signal channel over TLS (TCP)',
  'data.tcp': 'data channel over HTTPS (TCP)',
};

function textOf(found: Discovery): string {
  const { file, notes } = foundProfile(found);
  return [
    `${found.servers.length} found for ${found.name} by ${found.method ?? ''}, in the order in which they are tried:`,
    ...found.servers.flatMap(serverLines),
    ...found.problems,
    '',
    'Profile:',
    ...safeJson(file, 2).split('\n'),
    '',
    `Certificates are checked against ${found.name}, the name that you specified.`,
    ...notes,
    'Next: add the profile to dots.profiles.json, with "ca", "certificate" and "key"; dots validate checks that file.',
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function serverLines({ protocol, host, port, addresses, steps }: FoundServer, at: number): string[] {
  return [
    `${at + 1}. ${channels[protocol]}: ${host}, port ${port}`,
    `   addresses: ${addresses.join(', ')}`,
    ...steps.map((step) => `   ${stepText(step)}`),
  ];
}

function stepText(step: Step): string {
  switch (step.type) {
    case 'NAPTR':
      return `${step.name} NAPTR, order ${step.order}, preference ${step.preference}: ${step.next}`;
    case 'SRV':
      return `${step.name} SRV, priority ${step.priority}, weight ${step.weight}: ${step.next}, port ${step.port}`;
    case 'PTR':
      return `${step.name} PTR: ${step.next}`;
  }
}

function jsonOf(found: Discovery): object {
  const { file, notes } = foundProfile(found);
  const { name, method, servers, ownAddresses, problems } = found;
  return {
    version: 1,
    name,
    method,
    servers: servers.map(({ protocol, ...server }) => {
      const [channel, transport] = protocol.split('.');
      return { channel, transport, ...server };
    }),
    ownAddresses,
    certificateName: name,
    problems,
    notes,
    profile: file,
  };
}
