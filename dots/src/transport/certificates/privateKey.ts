import { createPrivateKey } from 'node:crypto';
import { DotsError } from '#dots/model/errors';

/**
 * An encrypted private key without its encryption, PKCS #8 in PEM: for memory only. Throws a DotsError of kind `usage`,
 * `transport/key-password`, which contains neither the key nor the password.
 * @param path of its file, for the error
 */
export function decryptedKey(pem: string, password: string, path: string): string {
  try {
    return createPrivateKey({ key: pem, passphrase: password }).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ERR_OSSL_EVP_UNSUPPORTED'
      ? keyError(
          `The private key ${path} is encrypted with an algorithm that this version of Node.js does not support.`,
          `Encrypt it with AES: openssl pkcs8 -topk8 -v2 aes256 -in ${path}.`,
        )
      : keyError(
          `The password of the private key ${path} is wrong, or the file is damaged.`,
          'Check the password: nothing was sent.',
        );
  }
}

/** The error for an encrypted key whose password is not known. */
export const noPassword = (path: string): DotsError =>
  keyError(
    `The private key ${path} is encrypted, and no password is known.`,
    'Name the file of its password (--key-password-file, or "key-password-file" in the profile), or run this on a terminal to enter it.',
  );

function keyError(message: string, hint: string): DotsError {
  return new DotsError('usage', 'transport/key-password', message, hint);
}
