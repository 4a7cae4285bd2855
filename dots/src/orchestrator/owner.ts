/**
 * Whether two clients, by the identities that they have proved (`Security.identity`), are certainly not the same. A plain path (on
 * loopback) proves nothing, and a pre-shared key cannot be compared with the certificate that the same client shows on the data channel.
 */
export function isOther(one: string | undefined, other: string | undefined): boolean {
  const isPsk = (identity: string): boolean => identity.startsWith('psk:');
  return one !== undefined && other !== undefined && isPsk(one) === isPsk(other) && one !== other;
}
