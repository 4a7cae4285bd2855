/*
 * The chain of certificates that a stranger shows. The library looks for its path before it knows whom it trusts, so what that may cost is bounded here.
 * The linker puts the functions called __wrap_ in the place of the library's (linkFlags in compile.mjs).
 */
#include <string.h>
#include "dots.h"
#include "mbedtls/oid.h"
#include "mbedtls/rsa.h"

/*
 * How many signatures are checked for one chain, those of lists of revoked certificates with them; large keys count twice. A path has nine links
 * at most (MBEDTLS_X509_MAX_INTERMEDIATE_CA), and whoever shows it has no reason to show many certificates of one name.
 */
#define MOST_CHECKS 16
#define LARGE_RSA 4096
#define LARGE_EC 384

/* Bits. The longer the exponent of a key, the longer its signatures take; nearly all have 65537, of 17 bits. */
#define LONGEST_EXPONENT 32

int costly(const mbedtls_pk_context *key)
{
    return mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA && mbedtls_mpi_bitlen(&mbedtls_pk_rsa(*key)->E) > LONGEST_EXPONENT;
}

static int weight(const mbedtls_pk_context *key)
{
    return mbedtls_pk_get_bitlen(key) > (mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA ? LARGE_RSA : LARGE_EC) ? 2 : 1;
}

/* Counts another signature of the chain that is looked at; what is to be said against doing so, or 0. */
static unsigned doubt(session_t *session, const mbedtls_pk_context *key)
{
    session->checks += weight(key);
    return costly(key) ? DOUBT_COSTLY_KEY : session->checks > MOST_CHECKS ? DOUBT_TOO_MANY : 0;
}

int __real_mbedtls_pk_verify_ext(mbedtls_pk_type_t, const void *, mbedtls_pk_context *, mbedtls_md_type_t, const unsigned char *, size_t, const unsigned char *, size_t);

int __wrap_mbedtls_pk_verify_ext(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *key, mbedtls_md_type_t digest,
                                 const unsigned char *hash, size_t hash_size, const unsigned char *signature, size_t signature_size)
{
    unsigned found = current ? doubt(current, key) : 0;
    if (found == 0) return __real_mbedtls_pk_verify_ext(type, options, key, digest, hash, hash_size, signature, signature_size);
    current->doubts |= found;
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

/* The library passes over lists of other issuers (x509_crt.c, x509_crt_verifycrl), and so over certificates that no list speaks of (RFC 5280 section 6.3.3). */
int unlisted(const mbedtls_x509_crl *lists, const mbedtls_x509_crt *certificate)
{
    const mbedtls_x509_buf *issuer = &certificate->issuer_raw;
    for (const mbedtls_x509_crl *list = lists; list; list = list->next) {
        if (list->issuer_raw.len == issuer->len && memcmp(list->issuer_raw.p, issuer->p, issuer->len) == 0) return 0;
    }
    return lists != 0;
}

/* Name constraints may be critical (RFC 5280 section 4.2.1.10): the library does not know them, and the host holds the path to them (host_judge). */
static int extension(void *unused, const mbedtls_x509_crt *certificate, const mbedtls_x509_buf *id, int critical, const unsigned char *start, const unsigned char *end)
{
    (void) unused, (void) certificate, (void) critical, (void) start, (void) end;
    return MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, id) == 0 ? 0 : MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
}

#define UNKNOWN_SIGNATURE (MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND)

/*
 * The library passes over a certificate whose signature it does not know, the first one as well (ssl_tls.c, ssl_parse_certificate_chain): then it judges
 * the next one instead, or one that is empty. And it accepts an issuer without a name (RFC 5280 section 4.1.2.4 has none), and compares what is not there.
 */
int parse_certificate(mbedtls_x509_crt *chain, const unsigned char *der, size_t size, int copy)
{
    int result = mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, size, copy, extension, 0);
    if (result != 0) return chain->version == 0 && result == UNKNOWN_SIGNATURE ? MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG : result;
    while (chain->next) chain = chain->next;
    return chain->issuer.oid.p ? 0 : MBEDTLS_ERR_X509_INVALID_NAME;
}

int __wrap_mbedtls_x509_crt_parse_der_nocopy(mbedtls_x509_crt *chain, const unsigned char *der, size_t size)
{
    return parse_certificate(chain, der, size, 0);
}
