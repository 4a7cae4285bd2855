import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertIn, certificateRefusal, clientReason, faultIn, serverReason } from '#dots/transport/tls/symptoms';

/** As Node's OpenSSL writes them, and the BoringSSL of a desktop VS Code. */
const clients: [symptom: string, reason: string | undefined, withKey?: string | undefined][] = [
  ['ECONNREFUSED connect ECONNREFUSED 192.0.2.1:4646', 'refused'],
  ['ENOTFOUND getaddrinfo ENOTFOUND dots.example.net', 'unknown-host'],
  ['EAI_AGAIN getaddrinfo EAI_AGAIN dots.example.net', 'no-name-server'],
  ['EHOSTUNREACH connect EHOSTUNREACH 192.0.2.1:4646', 'no-route'],
  ['ENETUNREACH connect ENETUNREACH 2001:db8::1:4646', 'no-route'],
  ['ETIMEDOUT connect ETIMEDOUT 192.0.2.1:4646', 'no-answer'],
  ['SELF_SIGNED_CERT_IN_CHAIN self-signed certificate in certificate chain', 'unknown-ca'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE unable to verify the first certificate', 'unknown-ca'],
  ['CERT_HAS_EXPIRED certificate has expired', 'expired'],
  ['UNSPECIFIED key usage does not include certificate signing', 'not-a-ca'],
  ['UNSPECIFIED EE certificate key too weak', 'weak'],
  ['UNABLE_TO_GET_CRL unable to get certificate CRL', 'bad-certificate'],
  ['ERR_SSL_BAD_SIGNATURE 80:error:0A00007B:SSL routines:tls_process_key_exchange:bad signature', 'bad-signature'],
  [
    'ERR_SSL_LAST_OCTET_INVALID 80:error:02000086:rsa routines:RSA_verify_PKCS1_PSS_mgf1:last octet invalid',
    'bad-signature',
  ],
  [
    'ERR_SSL_DATA_TOO_LARGE_FOR_MODULUS 80:error:02000084:rsa routines:rsa_ossl_public_decrypt:data too large for modulus',
    'bad-signature',
  ],
  [
    'ERR_SSL_SALT_LENGTH_RECOVERY_FAILED 80:error:02000087:rsa routines:RSA_verify_PKCS1_PSS_mgf1:salt length recovery failed',
    'bad-signature',
  ],
  [
    'ERR_SSL_SLEN_RECOVERY_FAILED 95:error:0400008f:RSA routines:OPENSSL_internal:SLEN_RECOVERY_FAILED',
    'bad-signature',
  ],
  [
    'ERR_SSL_DATA_TOO_LARGE_FOR_KEY_SIZE 80:error:0200006E:rsa routines:RSA_padding_add_PKCS1_PSS_mgf1:data too large for key size',
    undefined,
  ],
  [
    'ERR_SSL_ECC_CERT_NOT_FOR_SIGNING 80:error:0A00013E:SSL routines:ssl_check_srvr_ecc_cert_and_alg:ecc cert not for signing',
    'purpose',
  ],
  ['ERR_SSL_KEY_USAGE_BIT_INCORRECT error:1000013e:SSL routines:OPENSSL_internal:KEY_USAGE_BIT_INCORRECT', 'purpose'],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED tlsv13 alert certificate required',
    'client-certificate-missing',
    undefined,
  ],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA tlsv1 alert unknown ca', 'client-certificate-refused', undefined],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED sslv3 alert certificate expired', 'client-certificate-refused', undefined],
  ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC sslv3 alert bad record mac', undefined, 'psk-mismatch'],
  ['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR tlsv1 alert decrypt error', 'client-certificate-refused', 'psk-mismatch'],
  ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC decryption failed or bad record mac', undefined, 'psk-refused'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY tlsv1 alert unknown psk identity', undefined, 'psk-refused'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE sslv3 alert handshake failure', 'no-common-cipher'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION tlsv1 alert protocol version', 'no-common-cipher'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL tlsv1 alert no application protocol', 'no-tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER wrong version number', 'no-tls'],
  ['ECONNRESET read ECONNRESET', undefined],
];
for (const row of clients) {
  const [symptom, reason] = row;
  const withKey = row.length === 3 ? row[2] : reason;
  test(`a client reads ${symptom.split(' ')[0]} as ${reason ?? withKey ?? 'nothing'}`, () => {
    assert.equal(clientReason(symptom, false), reason);
    assert.equal(clientReason(symptom, true), withKey);
  });
}

test('a server reports what was wrong with a client, and leaves alerts to the words of the client', () => {
  assert.equal(
    serverReason('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE peer did not return a certificate'),
    'no-certificate',
  );
  assert.equal(serverReason('ERR_SSL_PSK_IDENTITY_NOT_FOUND psk identity not found'), 'wrong-psk');
  assert.equal(serverReason('ERR_SSL_BAD_SIGNATURE bad signature'), 'bad-signature');
  assert.equal(serverReason('ERR_SSL_HTTP_REQUEST http request'), 'no-tls');
  assert.equal(serverReason('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA tlsv1 alert unknown ca'), undefined);
});

test('an invalid revocation list is reported as that', () => {
  const { code, message } = certificateRefusal('192.0.2.1:4646', 'CRL_HAS_EXPIRED CRL has expired');
  assert.equal(code, 'transport/bad-certificate');
  assert.match(message, /revocation list/);
  assert.equal(certificateRefusal('192.0.2.1:4646', 'something new').code, 'transport/bad-certificate');
});

test('the end that found the fault is named, and what it means that a decryption failed', () => {
  assert.equal(
    faultIn('ERR_SSL_BAD_EXTENSION bad extension'),
    'this end found a fault in the handshake, "bad extension"',
  );
  assert.equal(alertIn('ERR_SSL_BAD_EXTENSION bad extension'), undefined);
  for (const symptom of [
    'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR tlsv1 alert decrypt error',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ECONNRESET read ECONNRESET',
    'closed',
  ])
    assert.equal(faultIn(symptom), undefined, symptom);
  assert.match(
    alertIn('ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR tlsv1 alert decrypt error') ?? '',
    /^its alert is "decrypt error": it found an invalid signature /,
  );
});
