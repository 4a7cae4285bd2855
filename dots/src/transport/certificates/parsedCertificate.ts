import { X509Certificate } from 'node:crypto';

/** More than a client has, with its CA and those between. */
const most = 32;

const parsed = new Map<string, X509Certificate>();

/**
 * A certificate, PEM. Each is parsed once, half a millisecond, for a request asks for its cuid, its expiry and its
 * validity. Throws an error of Node.js for text that is no certificate.
 */
export function parsedCertificate(pem: string): X509Certificate {
  const certificate = parsed.get(pem) ?? new X509Certificate(pem);
  parsed.delete(pem);
  parsed.set(pem, certificate);
  const [oldest] = parsed.keys();
  if (parsed.size > most && oldest !== undefined) parsed.delete(oldest);
  return certificate;
}
