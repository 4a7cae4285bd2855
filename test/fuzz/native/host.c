/* The host that dots/mbedtls calls: time, randomness and memory that the generator decides on, and the oracle of who may be accepted. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "native.h"

host_t host;

static unsigned happening, octet;

void seed_with(unsigned seed, unsigned octets)
{
    happening = seed;
    octet = octets;
}

/* mulberry32, as in test/support/random.ts */
static unsigned next(unsigned *state, unsigned limit)
{
    unsigned mixed = *state += 0x6d2b79f5u;
    mixed = (mixed ^ mixed >> 15) * (mixed | 1);
    mixed ^= mixed + (mixed ^ mixed >> 7) * (mixed | 61);
    return (mixed ^ mixed >> 14) % limit;
}

unsigned below(unsigned limit) { return next(&happening, limit); }

void fail(const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    fprintf(stderr, "round %u: ", host.round);
    vfprintf(stderr, format, rest);
    fputc('\n', stderr);
    va_end(rest);
    exit(1);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);

/* Whether a thing of which so many are left fails now. */
static int runs_out(int *left)
{
    if (*left < 0) return 0;
    if (*left > 0) return --*left, 0;
    if (!host.for_good) *left = -1;
    return 1;
}

void *__wrap_malloc(size_t size)
{
    void *memory = runs_out(&host.memory_left) ? 0 : __real_malloc(size);
    host.live += memory != 0;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *memory = runs_out(&host.memory_left) ? 0 : __real_calloc(count, size);
    host.live += memory != 0;
    return memory;
}

void __wrap_free(void *memory)
{
    host.live -= memory != 0;
    __real_free(memory);
}

bytes_t copy_of(const unsigned char *bytes, size_t size)
{
    bytes_t copy = { __real_malloc(size ? size : 1), size };
    if (!copy.bytes) fail("this machine has no memory left");
    if (size > 0) memcpy(copy.bytes, bytes, size);
    return copy;
}

void drop(bytes_t *bytes)
{
    __real_free(bytes->bytes);
    *bytes = (bytes_t) { 0, 0 };
}

/* The date of the certificates: the folder's, so that a run can be had again. */
extern time_t today;

time_t __wrap_time(time_t *out)
{
    time_t now = today + (time_t) (host.clock / 1000);
    if (out) *out = now;
    return now;
}

double host_clock(void) { return host.clock; }
double host_date(void) { return (double) today * 1000 + host.clock; }

int host_random(unsigned char *bytes, int size)
{
    if (runs_out(&host.random_left)) return 1;
    for (int at = 0; at < size; at++) bytes[at] = (unsigned char) next(&octet, 256);
    return 0;
}

#define MOST_DATAGRAMS 256
static datagram_t queue[MOST_DATAGRAMS];
static size_t first, last;

int next_datagram(datagram_t *datagram)
{
    if (first == last) return first = last = 0;
    *datagram = queue[first++];
    return 1;
}

void send_datagram(int to, const unsigned char *bytes, size_t size)
{
    if (last == MOST_DATAGRAMS) fail("an end does not stop sending");
    queue[last++] = (datagram_t) { to, copy_of(bytes, size) };
}

/* What gcc, clang and the sanitizer leave in memory that nothing was written to: dots/mbedtls/native.mjs. */
static int is_unwritten(const unsigned char *bytes)
{
    for (int at = 1; at < 4; at++) if (bytes[at] != bytes[0]) return 0;
    return bytes[0] == 0xfe || bytes[0] == 0xaa || bytes[0] == 0xbe;
}

/* What leaves in the clear is looked at; sealed records may be any octets. */
void host_send(int end, const unsigned char *bytes, int size)
{
    int clear = size > 4 && bytes[3] == 0 && bytes[4] == 0;
    for (int at = 0; clear && at + 4 <= size; at++) if (is_unwritten(bytes + at)) host.unwritten = at;
    send_datagram(end == CLIENT ? SERVER : CLIENT, bytes, (size_t) size);
}

int host_key(int end, const unsigned char *identity, int size, unsigned char *key, int room)
{
    int known = !host.keyless && size == (int) strlen(SHARED_IDENTITY) && memcmp(identity, SHARED_IDENTITY, (size_t) size) == 0;
    host.keyed[end] = known;
    if (!known || room < (int) strlen(SHARED_KEY)) return 0;
    memcpy(key, SHARED_KEY, strlen(SHARED_KEY));
    return (int) strlen(SHARED_KEY);
}

static int is_one_of(const bytes_t *genuine, size_t count, const unsigned char *der, int size)
{
    for (size_t at = 0; at < count; at++) {
        if (genuine[at].bytes && genuine[at].size == (size_t) size && memcmp(genuine[at].bytes, der, (size_t) size) == 0) return 1;
    }
    return 0;
}

void host_issuer(int end, const unsigned char *der, int size)
{
    if (!is_one_of(host.shown[!end], MOST_GENUINE, der, size) && !is_one_of(&host.trusted, 1, der, size)) host.strange[end] = 1;
}

/* Of the chain shown only the first certificate is part of the path; all are copied, so that the sanitizer sees them whole. */
void host_certificate(int end, const unsigned char *der, int size)
{
    bytes_t seen = copy_of(der, (size_t) size);
    if (host.certificates[end]++ == 0 && !is_one_of(host.shown[!end], 1, der, size)) host.strange[end] = 1;
    drop(&seen);
}

unsigned host_judge(int end, unsigned flags)
{
    (void) flags; /* of the leaf alone */
    host.judged[end] = 1;
    host.refused[end] = host.verdict[end] != 0;
    return host.verdict[end];
}

int host_passport(int end, unsigned char *passport)
{
    (void) end;
    if (host.unwilling) return 0;
    memset(passport, 7, PASSPORT_SIZE);
    return 1;
}

int host_admit(int end, const unsigned char *passport)
{
    (void) end;
    for (int at = 0; at < PASSPORT_SIZE; at++) if (passport[at] != 7) fail("a passport comes back changed");
    return !host.unwilling;
}
