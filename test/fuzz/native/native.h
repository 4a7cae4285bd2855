/* What the C files of this folder share: the native build of dots/mbedtls that the sanitizers watch, driven by a seeded generator. */
#ifndef NATIVE_H
#define NATIVE_H

#include "dots/dots.h"

/* Exports of dots/mbedtls, which no header there declares. */
context_t *context_new(int server);
void context_free(context_t *context);
int context_trust(context_t *context, const unsigned char *der, int size);
int context_revoke(context_t *context, const unsigned char *pem, int size);
int context_show(context_t *context, const unsigned char *der, int size);
int context_sign(context_t *context, const unsigned char *pem, int size);
int context_share(context_t *context, const unsigned char *key, int key_size, const unsigned char *identity, int identity_size);
session_t *session_new(context_t *context, int id, int mtu, const char *name);
void session_free(session_t *session);
int session_await(session_t *session, int address_size);
int session_step(session_t *session, int size);
int session_read(session_t *session);
int session_write(session_t *session, int size);
int session_close(session_t *session);
double session_wait(session_t *session);
int session_state(session_t *session);
int session_alert(session_t *session);
unsigned session_flags(session_t *session);
int session_asked(session_t *session);
int session_resumed(session_t *session);
int session_suite(session_t *session);
int session_payload(session_t *session);
int session_save(session_t *session, int largest_ticket);
int session_resume(session_t *session, int size);
int describe(int error);
void wipe(void);

/* host.c: the generator, the memory, and the answers of the host. */

#define LENGTH(list) (sizeof (list) / sizeof *(list))

/* A byte string; those of credentials end in a NUL that is counted only for PEM. */
typedef struct { unsigned char *bytes; size_t size; } bytes_t;

/* A whole number from 0 to limit - 1, the same for the same seed; what happens in a round depends on them. */
unsigned below(unsigned limit);
/* Begins anew: what happens with one seed, and the random octets of both ends with another. */
void seed_with(unsigned seed, unsigned octets);

/* Ends the run with a message: an invariant does not hold. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The two ends; a session's id. */
enum { CLIENT, SERVER };

#define MOST_GENUINE 4

/* What the host answers in a round, and what it has seen. */
typedef struct {
    unsigned round;
    double clock;
    /* Allocations, and calls for random octets, that succeed before one fails; below 0 none fails. From then on all fail, or the next ones succeed again. */
    int memory_left, random_left, for_good;
    long live; /* blocks that were allocated and not freed */
    unsigned verdict[2]; /* of each end on the other's certificate */
    int keyless, unwilling; /* no key for an identity; no ticket is written or taken */
    int judged[2], refused[2], keyed[2]; /* whether an end was asked for its verdict, and whether that was no; whether it knew a key */
    int certificates[2]; /* how many an end was shown */
    bytes_t shown[2][MOST_GENUINE]; /* what each end really shows, the leaf first */
    bytes_t trusted; /* the CA */
    int strange[2]; /* whether a path that an end is to judge has a certificate that is none of the other's */
    int unwritten; /* where in a datagram octets seemed to be left from memory that nothing was written to; 0 for nowhere */
    int spoilt; /* whether the ends may have been given another CA than they were meant to */
} host_t;

extern host_t host;

/* The key that both ends know. */
#define SHARED_KEY "secret123"
#define SHARED_IDENTITY "dots"

/* Memory that is neither counted nor ever refused, with what is in another one. */
bytes_t copy_of(const unsigned char *bytes, size_t size);
void drop(bytes_t *bytes);

/* A datagram that an end has sent. */
typedef struct { int to; bytes_t bytes; } datagram_t;
/* The next one on its way, or 0 where there is none. */
int next_datagram(datagram_t *datagram);
void send_datagram(int to, const unsigned char *bytes, size_t size);

/* mutate.c: changes to what a stranger may change. */

/* A datagram changed somewhere: cut, bits flipped, a byte at an edge of its range, its record or a message in it longer or shorter, parts of another one. */
void mutate_datagram(bytes_t *datagram, const bytes_t *other);
/* DER changed somewhere, its outer lengths mostly still right: a byte, an element left out, repeated, resized, or taken from elsewhere. */
void mutate_der(bytes_t *der, const bytes_t *other);
/* Text changed somewhere. */
void mutate_text(bytes_t *text);

/* ends.c: credentials and the two ends. */

/* An identity: its chain, the leaf first, and its key. */
typedef struct { bytes_t chain[MOST_GENUINE], key; } identity_t;

/* A CA, its lists of revoked certificates, and who has a certificate below it. */
typedef struct { bytes_t ca, crl; identity_t ends[2]; } party_t;

/* Reads a party of a kind from the folder: KIND-ca.der, KIND-crl.pem, KIND-client-0.der, KIND-client.key, ... */
void read_party(party_t *party, const char *folder, const char *kind);
void drop_party(party_t *party);

/* What an end shows. */
typedef struct { int certificate, key, crl; } proof_t;

/* A context of an end; 0 where the library refuses what it is given, some of which is changed with `spoilt`, or memory is missing. */
context_t *open_context(const party_t *party, int end, proof_t proof, int spoilt);

/* A certificate that a context sends in another form; its own one stays, for the library goes on pointing into that. */
typedef struct { mbedtls_x509_crt *certificate; mbedtls_x509_buf own; bytes_t other; } disguise_t;
void put_on(disguise_t *disguise, context_t *context, const bytes_t *donor);
void take_off(disguise_t *disguise);

typedef struct { session_t *session; int started, established, over, heard; } end_t;

/* A session of each context; 0 where memory is missing. */
int open_ends(end_t ends[2], context_t *const contexts[2]);
void close_ends(end_t ends[2]);
/* Hands a datagram, or of size 0 the passing of time, to an end. */
void hear(end_t ends[2], int end, const unsigned char *bytes, size_t size);
/* Sends the message of an end that is established, and no other. */
void say(end_t ends[2], int end);
/* Asks an end for all that it knows of itself, in whatever state it is. */
void inspect(const end_t *end);

#endif
