/* Contexts: what one end shows, whom it trusts, and what it agrees to. */
#include <stdlib.h>
#include <string.h>
#include "dots.h"
#include "mbedtls/error.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"

unsigned char inbox[EXCHANGE_SIZE], outbox[EXCHANGE_SIZE];
session_t *current;

/* A ticket is good for two hours; its key is replaced as often (RFC 5077 section 5.5). */
#define TICKET_SECONDS 7200

#define ID(x) MBEDTLS_X509_ID_FLAG(x)

/* RFC 9325 section 4.5: SHA-256 or better, EC keys of 256 bits or RSA keys of 2048 bits or more. */
static const mbedtls_x509_crt_profile profile = {
    ID(MBEDTLS_MD_SHA256) | ID(MBEDTLS_MD_SHA384) | ID(MBEDTLS_MD_SHA512),
    ID(MBEDTLS_PK_RSA) | ID(MBEDTLS_PK_RSASSA_PSS) | ID(MBEDTLS_PK_ECKEY) | ID(MBEDTLS_PK_ECDSA),
    ID(MBEDTLS_ECP_DP_SECP256R1) | ID(MBEDTLS_ECP_DP_SECP384R1) | ID(MBEDTLS_ECP_DP_SECP521R1),
    2048
};

/* RFC 9325 section 4.2, and the suite of every CoAP node with certificates (RFC 7252 section 9.1.3.3). */
static const int certificate_suites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, 0
};

/* RFC 9132 section 7.1 wants ECDHE; the others are for peers without it, the last the one of every CoAP node (RFC 7252 section 9.1.3.1). */
static const int psk_suites[] = {
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_PSK_WITH_AES_128_CCM, MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0
};

/* RFC 7252 section 9.1.3.3 wants secp256r1 of every node; here it is also the fastest. */
static const uint16_t groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE
};

mbedtls_ms_time_t mbedtls_ms_time(void) { return (mbedtls_ms_time_t) host_date(); }

int dots_random(void *unused, unsigned char *bytes, size_t size)
{
    (void) unused;
    return host_random(bytes, (int) size) == 0 ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int key_of(void *unused, mbedtls_ssl_context *ssl, const unsigned char *identity, size_t size)
{
    (void) unused;
    unsigned char key[MBEDTLS_PSK_MAX_LEN];
    int length = host_key(current->id, identity, (int) size, key, sizeof key);
    int result = length > 0 ? mbedtls_ssl_set_hs_psk(ssl, key, (size_t) length) : MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
    mbedtls_platform_zeroize(key, sizeof key);
    return result;
}

/*
 * A ticket has to say who the client is, and the library keeps no name in a session. The passport travels where the session
 * keeps its id, which the client replaces, and the digest of the certificate, which only a renegotiation would read.
 */
static int write_ticket(void *ticket, const mbedtls_ssl_session *session, unsigned char *start, const unsigned char *end, size_t *length, uint32_t *lifetime)
{
    unsigned char passport[PASSPORT_SIZE];
    mbedtls_ssl_session written = *session;
    /* What the library sends in any case: RFC 5077 section 3.3, an empty ticket. */
    *length = 0;
    *lifetime = 0;
    if (host_passport(current->id, passport) == 0) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    written.id_len = sizeof written.id;
    memcpy(written.id, passport, sizeof written.id);
    written.peer_cert_digest_type = MBEDTLS_MD_SHA512;
    written.peer_cert_digest_len = PASSPORT_SIZE - sizeof written.id;
    written.peer_cert_digest = passport + sizeof written.id;
    int result = mbedtls_ssl_ticket_write(ticket, &written, start, end, length, lifetime);
    mbedtls_platform_zeroize(&written, sizeof written);
    return result;
}

static int read_ticket(void *ticket, mbedtls_ssl_session *session, unsigned char *bytes, size_t size)
{
    unsigned char passport[PASSPORT_SIZE];
    int result = mbedtls_ssl_ticket_parse(ticket, session, bytes, size);
    if (result != 0) return result;
    if (session->peer_cert_digest_len != PASSPORT_SIZE - sizeof session->id) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    memcpy(passport, session->id, sizeof session->id);
    memcpy(passport + sizeof session->id, session->peer_cert_digest, session->peer_cert_digest_len);
    return host_admit(current->id, passport) ? 0 : MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
}

static int agree(mbedtls_ssl_config *conf, int server)
{
    int result = mbedtls_ssl_config_defaults(conf, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT);
    if (result != 0) return result;
    mbedtls_ssl_conf_rng(conf, dots_random, 0);
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_cert_profile(conf, &profile);
    mbedtls_ssl_conf_groups(conf, groups);
    mbedtls_ssl_conf_extended_master_secret(conf, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
    mbedtls_ssl_conf_legacy_renegotiation(conf, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
    mbedtls_ssl_conf_dtls_anti_replay(conf, MBEDTLS_SSL_ANTI_REPLAY_ENABLED);
    mbedtls_ssl_conf_dtls_badmac_limit(conf, 0);
    mbedtls_ssl_conf_handshake_timeout(conf, 1000, 60000); /* RFC 6347 section 4.2.4.1 */
    return 0;
}

static int serve(context_t *context)
{
    int result = mbedtls_ssl_cookie_setup(&context->cookie, dots_random, 0);
    if (result != 0) return result;
    mbedtls_ssl_conf_dtls_cookies(&context->conf, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &context->cookie);
    result = mbedtls_ssl_ticket_setup(&context->ticket, dots_random, 0, MBEDTLS_CIPHER_AES_256_GCM, TICKET_SECONDS);
    if (result != 0) return result;
    mbedtls_ssl_conf_session_tickets_cb(&context->conf, write_ticket, read_ticket, &context->ticket);
    mbedtls_ssl_conf_psk_cb(&context->conf, key_of, 0);
    /* The names of the CAs would only make the flight larger: a client has one certificate for this server. */
    mbedtls_ssl_conf_cert_req_ca_list(&context->conf, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
    return 0;
}

static void offer(context_t *context, const int *suites)
{
    int *end = context->suites;
    while (*end) end++;
    while (*suites) *end++ = *suites++;
    *end = 0;
    mbedtls_ssl_conf_ciphersuites(&context->conf, context->suites);
}

EXPORT(exchange_in) unsigned char *exchange_in(void) { return inbox; }
EXPORT(exchange_out) unsigned char *exchange_out(void) { return outbox; }
EXPORT(exchange_size) int exchange_size(void) { return EXCHANGE_SIZE; }

EXPORT(allocate) void *allocate(int size) { return malloc((size_t) size); }

/* Gives memory back and leaves nothing in it. */
EXPORT(release) void release(void *memory, int size)
{
    mbedtls_platform_zeroize(memory, (size_t) size);
    free(memory);
}

/* Writes the library's words for an error into the outbox, and returns their length. */
EXPORT(describe) int describe(int error)
{
    mbedtls_strerror(error, (char *) outbox, 200);
    return (int) strlen((char *) outbox);
}

EXPORT(context_free) void context_free(context_t *context)
{
    mbedtls_ssl_config_free(&context->conf);
    mbedtls_x509_crt_free(&context->ca);
    mbedtls_x509_crt_free(&context->own);
    mbedtls_x509_crl_free(&context->crl);
    mbedtls_pk_free(&context->key);
    mbedtls_ssl_cookie_free(&context->cookie);
    mbedtls_ssl_ticket_free(&context->ticket);
    release(context, sizeof *context);
}

/* A context that agrees to nothing yet; 0 where memory or randomness are missing. */
EXPORT(context_new) context_t *context_new(int server)
{
    context_t *context = calloc(1, sizeof *context);
    if (!context) return 0;
    mbedtls_ssl_config_init(&context->conf);
    mbedtls_x509_crt_init(&context->ca);
    mbedtls_x509_crt_init(&context->own);
    mbedtls_x509_crl_init(&context->crl);
    mbedtls_pk_init(&context->key);
    mbedtls_ssl_cookie_init(&context->cookie);
    mbedtls_ssl_ticket_init(&context->ticket);
    if (agree(&context->conf, server) == 0 && (!server || serve(context) == 0)) return context;
    context_free(context);
    return 0;
}

/* A CA to trust, DER. */
EXPORT(context_trust) int context_trust(context_t *context, const unsigned char *der, int size)
{
    return parse_certificate(&context->ca, der, (size_t) size, 1);
}

/* Lists of revoked certificates; text in PEM, counted with its final NUL, as that of the key. */
EXPORT(context_revoke) int context_revoke(context_t *context, const unsigned char *pem, int size)
{
    return mbedtls_x509_crl_parse(&context->crl, pem, (size_t) size);
}

/* A certificate to show, DER: the own one first, then those between it and the CA. */
EXPORT(context_show) int context_show(context_t *context, const unsigned char *der, int size)
{
    return parse_certificate(&context->own, der, (size_t) size, 1);
}

/* The key of the certificate shown, which the host has compared with it; from here on certificates are agreed to. */
EXPORT(context_sign) int context_sign(context_t *context, const unsigned char *pem, int size)
{
    int result = mbedtls_pk_parse_key(&context->key, pem, (size_t) size, 0, 0, dots_random, 0);
    if (result == 0) result = mbedtls_ssl_conf_own_cert(&context->conf, &context->own, &context->key);
    if (result != 0) return result;
    mbedtls_ssl_conf_ca_chain(&context->conf, &context->ca, context->crl.raw.p ? &context->crl : 0);
    offer(context, certificate_suites);
    return 0;
}

/* Agrees to pre-shared keys: of a client its own, of a server those that the host knows. */
EXPORT(context_share) int context_share(context_t *context, const unsigned char *key, int key_size, const unsigned char *identity, int identity_size)
{
    offer(context, psk_suites);
    return key_size == 0 ? 0 : mbedtls_ssl_conf_psk(&context->conf, key, (size_t) key_size, identity, (size_t) identity_size);
}
