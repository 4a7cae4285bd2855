/* The two ends, driven as dots/src/transport/dtls drives them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "native.h"

static const char *const names[2] = { "client", "server" };
static const char *const messages[2] = { "to the server", "to the client" };

/* The bytes of a file, with a NUL after them that `text` counts; none where it is not there. */
static bytes_t read_file(const char *path, int text)
{
    static unsigned char buffer[EXCHANGE_SIZE];
    FILE *file = fopen(path, "rb");
    if (!file) return (bytes_t) { 0, 0 };
    size_t size = fread(buffer, 1, sizeof buffer - 1, file);
    fclose(file);
    buffer[size] = 0;
    return copy_of(buffer, size + (text != 0));
}

static bytes_t read_part(const char *folder, const char *kind, const char *part, int text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s-%s", folder, kind, part);
    return read_file(path, text);
}

static void read_identity(identity_t *identity, const char *folder, const char *kind, const char *name)
{
    char part[64];
    snprintf(part, sizeof part, "%s.key", name);
    identity->key = read_part(folder, kind, part, 1);
    for (int link = 0; link < MOST_GENUINE; link++) {
        snprintf(part, sizeof part, "%s-%d.der", name, link);
        identity->chain[link] = read_part(folder, kind, part, 0);
    }
    if (!identity->key.bytes || !identity->chain[0].bytes) fail("%s has no certificate and key of the %s of %s", folder, name, kind);
}

void read_party(party_t *party, const char *folder, const char *kind)
{
    party->ca = read_part(folder, kind, "ca.der", 0);
    party->crl = read_part(folder, kind, "crl.pem", 1);
    if (!party->ca.bytes || !party->crl.bytes) fail("%s has no CA and revocation list of %s", folder, kind);
    for (int end = CLIENT; end <= SERVER; end++) read_identity(&party->ends[end], folder, kind, names[end]);
}

void drop_party(party_t *party)
{
    drop(&party->ca), drop(&party->crl);
    for (int end = CLIENT; end <= SERVER; end++) {
        drop(&party->ends[end].key);
        for (int link = 0; link < MOST_GENUINE; link++) drop(&party->ends[end].chain[link]);
    }
}

typedef int give_t(context_t *context, const unsigned char *bytes, int size);

/* Hands a copy of an input to the library, as it is or changed. */
static int give(context_t *context, give_t *call, const bytes_t *input, int spoilt, int text)
{
    bytes_t lent = copy_of(input->bytes, input->size);
    if (spoilt && below(3) == 0) {
        if (text) mutate_text(&lent);
        else mutate_der(&lent, input);
    }
    int result = call(context, lent.bytes, (int) lent.size);
    drop(&lent);
    return result;
}

static int certify(context_t *context, const party_t *party, int end, int crl, int spoilt)
{
    const identity_t *own = &party->ends[end];
    int result = give(context, context_trust, &party->ca, spoilt, 0);
    if (result == 0 && crl) result = give(context, context_revoke, &party->crl, spoilt, 1);
    for (int link = 0; result == 0 && link < MOST_GENUINE && own->chain[link].bytes; link++) result = give(context, context_show, &own->chain[link], spoilt, 0);
    return result != 0 ? result : give(context, context_sign, &own->key, spoilt, 1);
}

static int share(context_t *context, int end)
{
    const unsigned char *key = (const unsigned char *) SHARED_KEY, *identity = (const unsigned char *) SHARED_IDENTITY;
    if (end == SERVER) return context_share(context, key, 0, identity, 0);
    return context_share(context, key, (int) strlen(SHARED_KEY), identity, (int) strlen(SHARED_IDENTITY));
}

context_t *open_context(const party_t *party, int end, proof_t proof, int spoilt)
{
    context_t *context = context_new(end == SERVER);
    if (!context) return 0;
    int result = proof.certificate ? certify(context, party, end, proof.crl, spoilt) : 0;
    if (result == 0 && proof.key) result = share(context, end);
    if (result == 0) return context;
    describe(result);
    context_free(context);
    return 0;
}

void put_on(disguise_t *disguise, context_t *context, const bytes_t *donor)
{
    mbedtls_x509_crt *chosen = &context->own;
    while (chosen->next && below(2)) chosen = chosen->next;
    *disguise = (disguise_t) { chosen, chosen->raw, copy_of(chosen->raw.p, chosen->raw.len) };
    for (unsigned more = 1 + below(2); more > 0; more--) mutate_der(&disguise->other, donor);
    chosen->raw.p = disguise->other.bytes;
    chosen->raw.len = disguise->other.size;
}

void take_off(disguise_t *disguise)
{
    if (!disguise->certificate) return;
    disguise->certificate->raw = disguise->own;
    drop(&disguise->other);
}

/* The payload of a datagram that every path carries: dots/src/transport/dtls/association.ts. */
enum { PAYLOAD = 1280 - 48 };

int open_ends(end_t ends[2], context_t *const contexts[2])
{
    for (int end = CLIENT; end <= SERVER; end++) {
        ends[end] = (end_t) { session_new(contexts[end], end, PAYLOAD, end == CLIENT ? "localhost" : 0), 0, 0, 0, 0 };
    }
    ends[CLIENT].started = 1;
    return ends[CLIENT].session && ends[SERVER].session;
}

static void discard(end_t *end)
{
    if (end->session) session_free(end->session);
    end->session = 0;
    end->over = 1;
    end->established = 0;
}

void close_ends(end_t ends[2])
{
    for (int end = CLIENT; end <= SERVER; end++) discard(&ends[end]);
}

/* A first word, for which a server keeps nothing until it has shown a cookie. */
static void greet(end_t *end, const unsigned char *bytes, size_t size)
{
    static const char address[] = "192.0.2.1:4646";
    memcpy(inbox, address, sizeof address);
    if (session_await(end->session, sizeof address) != 0 || size > EXCHANGE_SIZE) return;
    memcpy(inbox, bytes, size);
    int result = session_step(end->session, (int) size);
    end->started = result == MBEDTLS_ERR_SSL_WANT_READ && session_state(end->session) > MBEDTLS_SSL_CLIENT_HELLO;
    if (result == 0) fail("a server is through after one datagram");
}

/* Nobody is accepted with another certificate than his own, without having been judged, over a no of the host, or without a key. */
static void establish(end_t *end, int which)
{
    end->established = 1;
    if (session_resumed(end->session) || end->session->ssl.conf->psk) return;
    if (which == SERVER && host.keyed[SERVER] && host.certificates[which] == 0) return;
    if (!host.judged[which] || host.refused[which]) fail("the %s accepts a peer that has proved nothing", names[which]);
    if (host.strange[which] && !host.spoilt) fail("the %s accepts a path that was not shown", names[which]);
}

static void read_all(end_t *end, int which)
{
    for (;;) {
        int result = session_read(end->session);
        if (result == MBEDTLS_ERR_SSL_WANT_READ) return;
        if (result <= 0) {
            if (result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) session_close(end->session);
            return discard(end);
        }
        if ((size_t) result != strlen(messages[!which]) || memcmp(outbox, messages[!which], (size_t) result) != 0) fail("the %s hears what nobody has said", names[which]);
        end->heard++;
    }
}

void hear(end_t ends[2], int which, const unsigned char *bytes, size_t size)
{
    end_t *end = &ends[which];
    if (end->over || size > EXCHANGE_SIZE) return;
    if (!end->started) {
        if (size > 0) greet(end, bytes, size);
        return;
    }
    if (size > 0) memcpy(inbox, bytes, size);
    int result = session_step(end->session, (int) size);
    if (result == 0 && !end->established) establish(end, which);
    if (result == 0) return read_all(end, which);
    if (result == MBEDTLS_ERR_SSL_WANT_READ) return;
    inspect(end);
    describe(result);
    discard(end);
}

void say(end_t ends[2], int which)
{
    size_t size = strlen(messages[which]);
    if (!ends[which].established) return;
    memcpy(inbox, messages[which], size);
    session_write(ends[which].session, (int) size);
}

void inspect(const end_t *end)
{
    session_t *session = end->session;
    if (!session) return;
    if (session_suite(session) > 64) fail("a cipher suite has a name of more than 64 bytes");
    if (session_state(session) < 0 || session_wait(session) < -1 || session_payload(session) > EXCHANGE_SIZE) fail("a session is in no state");
    (void) session_alert(session), (void) session_flags(session), (void) session_asked(session), (void) session_resumed(session);
}
