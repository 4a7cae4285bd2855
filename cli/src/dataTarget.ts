import { DataSession } from '#dots/data/session';
import { UsageError } from './command';
import type { SettledTarget } from './settledTarget';

/** Runs an action over a data channel session with a target, which is closed afterwards. Throws a DotsError. */
export async function overData<T>(target: SettledTarget, action: (session: DataSession) => Promise<T>): Promise<T> {
  const { server, cuid, permit, credentialFiles } = target;
  const { ca, cert, key, crl, serverName, keyPasswordFile, askKeyPassword } = credentialFiles;
  if (ca === undefined)
    throw new UsageError(
      '--ca is missing: name the file of the CA that issued the certificate of the server, or a profile with it.',
      'dots mock prints the files to use.',
    );
  const files = {
    ca,
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(crl !== undefined && { crl }),
    serverName,
    keyPasswordFile,
    askKeyPassword,
  };
  const session = await DataSession.open({ server, cuid, permit, ...files });
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}
