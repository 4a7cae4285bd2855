import { createPrivateKey, X509Certificate } from 'node:crypto';
import { systemClock } from '#dots/runtime/clock';
import { credentialsFor, type CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import { credentialWarnings } from '#dots/transport/certificates/credentialWarnings';
import { certificatePattern, type CertificateCredentials } from '#dots/transport/certificates/credentials';
import { dayOf } from './days';
import { checked, type Check } from './report';

/**
 * What proves this client: the validity of its certificate, its chain, and its key. Throws a DotsError for files that
 * cannot be used.
 */
export async function credentialChecks(server: string, files: CredentialFiles): Promise<Check[]> {
  const { credentials } = await credentialsFor(server, files);
  const now = systemClock.now();
  const warnings = (await credentialWarnings(files, now)).map((warning) =>
    checked('credentials', 'soon', warning, { todo: [warning] }),
  );
  if (credentials === undefined)
    return [checked('credentials', 'ok', 'Plain CoAP, to this machine only: no credentials.')];
  if ('psk' in credentials)
    return [checked('credentials', 'ok', `A pre-shared key of ${credentials.psk.identity}.`), ...warnings];
  return [certificateCheck(credentials.certificate, files, now), ...warnings];
}

function certificateCheck({ cert, key }: CertificateCredentials, files: CredentialFiles, now: number): Check {
  const chain = (cert.match(certificatePattern) ?? []).map((pem) => new X509Certificate(pem));
  const [own] = chain;
  const notReady = (message: string, todo: string): Check =>
    checked('credentials', 'not-ready', message, { todo: [todo] });
  const file = files.cert ?? '';
  if (own === undefined) return notReady(`${file} contains no certificate.`, `Put the certificate in ${file}.`);
  if (!own.checkPrivateKey(createPrivateKey(key)))
    return notReady(
      `The private key ${files.key ?? ''} does not belong to the certificate ${file}.`,
      'Name the key of this certificate ("key" in the profile).',
    );
  const broken = chain.findIndex((each, index) => index > 0 && chain[index - 1]?.checkIssued(each) === false);
  if (broken > 0)
    return notReady(
      `In ${file} certificate ${broken} is not issued by the one after it.`,
      'Put each certificate before that of its issuer.',
    );
  const [from, to] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  if (now < from)
    return notReady(
      `The client certificate ${file} is not valid before ${dayOf(from)}.`,
      'Check the clock of this machine, or use the previous certificate.',
    );
  if (now >= to)
    return notReady(`The client certificate ${file} expired on ${dayOf(to)}.`, `Renew the certificate ${file}.`);
  return checked('credentials', 'ok', `The client certificate is valid until ${dayOf(to)}, and its key belongs to it.`);
}
