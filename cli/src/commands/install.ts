import { DataSession, type Installed } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import { UsageError, type ExitStatus, type Arguments } from '../command';
import { dataAnswerJson, dataAnswerLines } from '../dataAnswer';
import type { Io } from '../io';
import type { SettledTarget } from '../settledTarget';

/** Sends aliases or ACLs over the data channel and prints the server's answer. */
export async function install(
  document: JsonObject,
  target: SettledTarget,
  given: Arguments,
  io: Io,
): Promise<ExitStatus> {
  const {
    server,
    cuid,
    timeoutMs,
    permit,
    credentialFiles: { ca, cert, key, crl },
  } = target;
  if (ca === undefined)
    throw new UsageError(
      '--ca is missing: name the file of the CA that issued the certificate of the server, or a profile with it.',
      'dots mock prints the files to use.',
    );
  const session = await DataSession.open({
    server,
    cuid,
    permit,
    ca,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(crl === undefined ? {} : { crl }),
  });
  try {
    const installed = await session.install(document, { timeoutMs });
    await io.out(
      given.option('format') === 'json'
        ? `${safeJson(installedJson(installed, target), 2)}\n`
        : installedText(installed, target),
    );
    return installed.answer.ok ? 0 : 1;
  } finally {
    await session.close();
  }
}

function installedText({ answer, answers, registered, replaced }: Installed, { cuid, profile }: SettledTarget): string {
  const notes = [
    registered ? `The client was not registered; dots registered it first, as ${cuid}.` : '',
    replaced ? `Existing entries of the same name were replaced${answers.length > 2 ? ', one by one' : ''}.` : '',
  ];
  return [...notes, ...dataAnswerLines(answer), `${profile === undefined ? '' : `profile ${profile}, `}cuid ${cuid}`]
    .filter((line) => line !== '')
    .map(printable)
    .map((line) => `${line}\n`)
    .join('');
}

function installedJson(
  { answer, answers, registered, replaced }: Installed,
  { server, cuid, profile }: SettledTarget,
): JsonObject {
  return {
    ...dataAnswerJson(answer),
    server,
    ...(profile !== undefined && { profile }),
    cuid,
    registered,
    replaced,
    answers: answers.map(dataAnswerJson),
  };
}
