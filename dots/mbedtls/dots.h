/* What the C files of this folder share: the host's functions, contexts and sessions. */
#ifndef DOTS_H
#define DOTS_H

#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include "mbedtls/ssl.h"
#include "mbedtls/ssl_cookie.h"
#include "mbedtls/ssl_ticket.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/x509_crl.h"

#ifdef __wasm__
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
/* Names an export without a list for the linker. */
#define EXPORT(name) __attribute__((export_name(#name)))
#else /* A native build, for the sanitizers: test/fuzz/native. */
#define IMPORT(name)
#define EXPORT(name)
#endif

/* A datagram, or what belongs to one, is handed over in these two places; the host asks for their addresses. */
#define EXCHANGE_SIZE 16384
extern unsigned char inbox[EXCHANGE_SIZE];  /* from the host */
extern unsigned char outbox[EXCHANGE_SIZE]; /* to the host */

/* What a ticket says of the client beside the session itself. */
#define PASSPORT_SIZE 96

/* The host. None of these may throw. */
extern int host_random(unsigned char *bytes, int size) IMPORT(random);
extern double host_clock(void) IMPORT(clock); /* ms, the protocol's clock */
extern double host_date(void) IMPORT(date);   /* ms since 1970, the clock's date */
extern void host_send(int session, const unsigned char *bytes, int size) IMPORT(send);
/* Writes the key of an identity; its size, or 0 for an identity that is not known. */
extern int host_key(int session, const unsigned char *identity, int size, unsigned char *key, int room) IMPORT(key);
/* Hears the path above the leaf, the trusted certificate first, ... */
extern void host_issuer(int session, const unsigned char *der, int size) IMPORT(issuer);
/* ... and the chain that the peer shows, the leaf first, ... */
extern void host_certificate(int session, const unsigned char *der, int size) IMPORT(certificate);
/* ... then says which further flags (MBEDTLS_X509_BADCERT_*) it deserves. */
extern unsigned host_judge(int session, unsigned flags) IMPORT(judge);
/* Writes what a ticket has to say of the client of a session: 1, or 0 for no ticket. */
extern int host_passport(int session, unsigned char *passport) IMPORT(passport);
/* Whether a client with this passport may resume: 1 or 0. */
extern int host_admit(int session, const unsigned char *passport) IMPORT(admit);

typedef struct {
    mbedtls_ssl_config conf;
    mbedtls_x509_crt ca, own;
    mbedtls_x509_crl crl;
    mbedtls_pk_context key;
    mbedtls_ssl_cookie_ctx cookie;
    mbedtls_ssl_ticket_context ticket;
    int suites[16];
} context_t;

typedef struct {
    mbedtls_ssl_context ssl;
    int id;
    int input; /* bytes of the inbox that were not read yet */
    int armed, resumed;
    int asked; /* whether the server has asked for a certificate */
    double since;
    unsigned intermediate, final;
    int checks; /* signatures that were looked at since the peer began to show its chain */
    int links; /* certificates of the path that the library found, from the trusted one down, that were heard of so far */
    unsigned doubts; /* what is to be said against that chain beside what the library says: the flags below */
} session_t;

/* Further flags against a chain; those of the library (x509.h) end below them. */
#define DOUBT_COSTLY_KEY 0x1000000u
#define DOUBT_TOO_MANY 0x2000000u
#define DOUBT_UNLISTED 0x4000000u

/* The peer does not agree to the extended master secret (RFC 7627); the errors of the library end above it. */
#define NO_EXTENDED_SECRET (-0x10001)

int dots_random(void *unused, unsigned char *bytes, size_t size);

/* The session whose handshake is under way: the callbacks of a configuration are not told. */
extern session_t *current;

/* Reads a certificate into a chain, which goes on pointing into `der` unless it is copied; 0 or an error. */
int parse_certificate(mbedtls_x509_crt *chain, const unsigned char *der, size_t size, int copy);
/* Whether an RSA key is made so that its signatures take long to check. */
int costly(const mbedtls_pk_context *key);
/* Whether there are lists of revoked certificates, and none from the issuer of this one. */
int unlisted(const mbedtls_x509_crl *lists, const mbedtls_x509_crt *certificate);

#endif
