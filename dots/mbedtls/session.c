/* Sessions: one DTLS association each, moved on by datagrams and by time. */
#include <stdlib.h>
#include <string.h>
#include "dots.h"
#include "mbedtls/platform_util.h"
#include "ssl_misc.h"

static int bio_send(void *session, const unsigned char *bytes, size_t size)
{
    host_send(((session_t *) session)->id, bytes, (int) size);
    return (int) size;
}

/*
 * How much of a datagram is whole records (RFC 6347 section 4.1). The rest is dropped here, because the library (3.6.7, ssl_msg.c,
 * mbedtls_ssl_fetch_input) ends a session over a few bytes after a record that it skips, and anybody can send those.
 */
static size_t whole_records(const unsigned char *bytes, size_t size)
{
    enum { HEADER = 13 };
    size_t end = 0;
    while (size - end >= HEADER) {
        size_t length = HEADER + ((size_t) bytes[end + 11] << 8 | bytes[end + 12]);
        if (length > size - end) break;
        end += length;
    }
    return end;
}

/* The datagram in the inbox, once. */
static int bio_receive(void *opaque, unsigned char *bytes, size_t room)
{
    session_t *session = opaque;
    size_t size = whole_records(inbox, (size_t) session->input);
    session->input = 0;
    if (size == 0 || size > room) return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(bytes, inbox, size);
    return (int) size;
}

static void timer_set(void *opaque, uint32_t intermediate, uint32_t final)
{
    session_t *session = opaque;
    session->armed = final != 0;
    session->since = host_clock();
    session->intermediate = intermediate;
    session->final = final;
}

static int timer_get(void *opaque)
{
    session_t *session = opaque;
    if (!session->armed) return -1;
    double passed = host_clock() - session->since;
    return passed >= session->final ? 2 : passed >= session->intermediate ? 1 : 0;
}

/* The library checks the path, the host the names and what the issuers may vouch for: common names never count (RFC 9525 section 2). */
static int verify(void *opaque, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    session_t *session = opaque;
    /* The library calls for each certificate of the path, first for the one that is trusted, which no list need speak of. */
    int anchor = session->links++ == 0 && depth > 0;
    if (!anchor && unlisted(session->ssl.conf->ca_crl, certificate)) session->doubts |= DOUBT_UNLISTED;
    if (costly(&certificate->pk)) session->doubts |= DOUBT_COSTLY_KEY;
    if (depth > 0) {
        host_issuer(session->id, certificate->raw.p, (int) certificate->raw.len);
        return 0;
    }
    for (mbedtls_x509_crt *shown = certificate; shown; shown = shown->next) host_certificate(session->id, shown->raw.p, (int) shown->raw.len);
    *flags &= ~(uint32_t) MBEDTLS_X509_BADCERT_CN_MISMATCH;
    *flags |= session->doubts;
    *flags |= host_judge(session->id, *flags);
    session->checks = 0; /* What comes now is the signature of the handshake. */
    return 0;
}

EXPORT(session_free) void session_free(session_t *session)
{
    mbedtls_ssl_free(&session->ssl);
    mbedtls_platform_zeroize(session, sizeof *session);
    free(session);
}

/* A session of a context: mtu in bytes of UDP payload; name for the server name indication, or 0. 0 where memory is missing. */
EXPORT(session_new) session_t *session_new(context_t *context, int id, int mtu, const char *name)
{
    session_t *session = calloc(1, sizeof *session);
    if (!session) return 0;
    session->id = id;
    mbedtls_ssl_init(&session->ssl);
    if (mbedtls_ssl_setup(&session->ssl, &context->conf) != 0 || mbedtls_ssl_set_hostname(&session->ssl, name) != 0) {
        session_free(session);
        return 0;
    }
    mbedtls_ssl_set_verify(&session->ssl, verify, session);
    mbedtls_ssl_set_bio(&session->ssl, session, bio_send, bio_receive, 0);
    mbedtls_ssl_set_timer_cb(&session->ssl, session, timer_set, timer_get);
    mbedtls_ssl_set_mtu(&session->ssl, (uint16_t) mtu);
    return session;
}

/* Makes a server's session as new, for a client whose address is in the inbox. */
EXPORT(session_await) int session_await(session_t *session, int address_size)
{
    session->armed = session->input = session->resumed = session->asked = session->checks = session->links = 0;
    session->doubts = 0;
    int result = mbedtls_ssl_session_reset(&session->ssl);
    return result != 0 ? result : mbedtls_ssl_set_client_transport_id(&session->ssl, inbox, (size_t) address_size);
}

/*
 * Whether both hellos are said, and the keys would not depend on all of the handshake (RFC 7627 sections 5.2 and 5.3): the library agrees to that where
 * the peer knows nothing better. A client that has not shown its cookie is not judged, for nobody has proved its address.
 */
static int unbound(const mbedtls_ssl_context *ssl, int before)
{
    const mbedtls_ssl_handshake_params *handshake = ssl->handshake;
    if (!handshake || handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED) return 0;
    if (ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT) return before == MBEDTLS_SSL_SERVER_HELLO && ssl->state > MBEDTLS_SSL_SERVER_HELLO;
    return before == MBEDTLS_SSL_CLIENT_HELLO && ssl->state > MBEDTLS_SSL_CLIENT_HELLO && handshake->cookie_verify_result == 0;
}

/*
 * The alert that the peer is owed after a step that failed, or 0: the library says nothing where a certificate is missing (RFC 5246 section 7.4.6) or
 * the extended master secret, nor where the signature of a client does not hold (section 7.2.2), which is when a public key is what the error is about.
 */
static unsigned char alert_owed(int state, int result)
{
    if (result == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE || result == NO_EXTENDED_SECRET) return MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
    int about_key = result <= MBEDTLS_ERR_PK_SIG_LEN_MISMATCH && result > MBEDTLS_ERR_ECP_BAD_INPUT_DATA - 0x80;
    return state == MBEDTLS_SSL_CERTIFICATE_VERIFY && about_key ? MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR : 0;
}

/*
 * Takes note of what is known only while the handshake lasts. After two flights in vain the library takes the path for one of 508 bytes (RFC 6347
 * section 4.1.1.1), and would forget that with the handshake. What was too large may have been the other end's, so the size of one's own flights says nothing.
 */
static void learn(session_t *session)
{
    const mbedtls_ssl_handshake_params *handshake = session->ssl.handshake;
    if (!handshake) return;
    session->resumed = handshake->resume;
    session->asked = handshake->client_auth;
    if (handshake->mtu != 0) mbedtls_ssl_set_mtu(&session->ssl, handshake->mtu);
}

/* Goes on with the handshake, with a datagram of the inbox or, of size 0, because time has passed: 0 once it is over. */
EXPORT(session_step) int session_step(session_t *session, int size)
{
    int result = 0, state = 0;
    session->input = size;
    current = session;
    while (result == 0 && !mbedtls_ssl_is_handshake_over(&session->ssl)) {
        state = session->ssl.state;
        result = mbedtls_ssl_handshake_step(&session->ssl);
        learn(session);
        if (result == 0 && unbound(&session->ssl, state)) result = NO_EXTENDED_SECRET;
    }
    current = 0;
    unsigned char alert = alert_owed(state, result);
    if (alert != 0) {
        int sent = mbedtls_ssl_send_alert_message(&session->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
        (void) sent;
    }
    return result;
}

/* Application data into the outbox: its size, or why there is none. */
EXPORT(session_read) int session_read(session_t *session)
{
    return mbedtls_ssl_read(&session->ssl, outbox, EXCHANGE_SIZE);
}

/* Application data from the inbox, as one record. */
EXPORT(session_write) int session_write(session_t *session, int size)
{
    return mbedtls_ssl_write(&session->ssl, inbox, (size_t) size);
}

EXPORT(session_close) int session_close(session_t *session) { return mbedtls_ssl_close_notify(&session->ssl); }

/* Milliseconds until the session has to be moved on, or -1. */
EXPORT(session_wait) double session_wait(session_t *session)
{
    if (!session->armed) return -1;
    double left = session->final - (host_clock() - session->since);
    return left > 0 ? left : 0;
}

/* How far the handshake is: mbedtls_ssl_states. */
EXPORT(session_state) int session_state(session_t *session) { return session->ssl.state; }

/* The description of the alert that ended the session. */
EXPORT(session_alert) int session_alert(session_t *session) { return session->ssl.in_msg ? session->ssl.in_msg[1] : 0; }

/* What was wrong with the certificate of the peer: MBEDTLS_X509_BADCERT_*. */
EXPORT(session_flags) unsigned session_flags(session_t *session) { return mbedtls_ssl_get_verify_result(&session->ssl); }

/* Whether the server has asked this client for a certificate; a session that was resumed says nothing of it. */
EXPORT(session_asked) int session_asked(session_t *session) { return session->asked; }

EXPORT(session_resumed) int session_resumed(session_t *session) { return session->resumed; }

/* The IANA name of the cipher suite into the outbox; its length, or 0 before there is one. */
EXPORT(session_suite) int session_suite(session_t *session)
{
    const char *name = mbedtls_ssl_get_ciphersuite(&session->ssl);
    if (!name) return 0;
    size_t length = strlen(name);
    memcpy(outbox, name, length);
    return (int) length;
}

/* The most bytes of application data that fit in one datagram. */
EXPORT(session_payload) int session_payload(session_t *session) { return mbedtls_ssl_get_max_out_record_payload(&session->ssl); }

/* Writes a client's session into the outbox, to be resumed later: its size, or 0 without a ticket that fits in a datagram. */
EXPORT(session_save) int session_save(session_t *session, int largest_ticket)
{
    mbedtls_ssl_session saved;
    size_t size = 0;
    mbedtls_ssl_session_init(&saved);
    int result = mbedtls_ssl_get_session(&session->ssl, &saved);
    if (result == 0 && saved.ticket_len > 0 && saved.ticket_len <= (size_t) largest_ticket) result = mbedtls_ssl_session_save(&saved, outbox, EXCHANGE_SIZE, &size);
    mbedtls_ssl_session_free(&saved);
    return result == 0 ? (int) size : 0;
}

/* Offers to resume the session that is in the inbox. */
EXPORT(session_resume) int session_resume(session_t *session, int size)
{
    mbedtls_ssl_session saved;
    mbedtls_ssl_session_init(&saved);
    int result = mbedtls_ssl_session_load(&saved, inbox, (size_t) size);
    if (result == 0) result = mbedtls_ssl_set_session(&session->ssl, &saved);
    mbedtls_ssl_session_free(&saved);
    return result;
}

EXPORT(wipe) void wipe(void)
{
    mbedtls_platform_zeroize(inbox, sizeof inbox);
    mbedtls_platform_zeroize(outbox, sizeof outbox);
}
