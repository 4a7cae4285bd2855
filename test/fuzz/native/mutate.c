/* Changes to what a stranger may change: datagrams, certificates, texts. */
#include <string.h>
#include "native.h"

static unsigned char edge(void)
{
    static const unsigned char edges[] = { 0, 1, 2, 127, 128, 129, 254, 255 };
    return edges[below(LENGTH(edges))];
}

static size_t place_in(const bytes_t *bytes) { return bytes->size == 0 ? 0 : below((unsigned) bytes->size); }

static void flip(bytes_t *bytes)
{
    for (unsigned more = 1 + below(3); bytes->size > 0 && more > 0; more--) bytes->bytes[place_in(bytes)] ^= (unsigned char) (1u << below(8));
}

/* Replaces so many bytes at a place by others, where the whole still fits in a handshake message. */
static void splice(bytes_t *bytes, size_t at, size_t cut, const unsigned char *more, size_t size)
{
    unsigned char joined[EXCHANGE_SIZE];
    size_t rest = bytes->size - at - cut;
    if (at + size + rest > sizeof joined) return;
    memcpy(joined, bytes->bytes, at);
    if (size > 0) memcpy(joined + at, more, size);
    memcpy(joined + at + size, bytes->bytes + at + cut, rest);
    drop(bytes);
    *bytes = copy_of(joined, at + size + rest);
}

static void cut(bytes_t *bytes)
{
    bytes_t shorter = copy_of(bytes->bytes, 1 + place_in(bytes));
    drop(bytes);
    *bytes = shorter;
}

/* A part of another byte string, or of the same, in place of some bytes. */
static void transplant(bytes_t *bytes, const bytes_t *other, size_t from)
{
    if (bytes->size <= from || other->size == 0) return;
    bytes_t donor = copy_of(other->bytes, other->size);
    size_t at = from + below((unsigned) (bytes->size - from)), start = place_in(&donor);
    size_t size = below(1 + (unsigned) (donor.size - start)), gone = below(1 + (unsigned) (bytes->size - at));
    if (below(2)) size %= 8, gone %= 8;
    splice(bytes, at, gone, donor.bytes + start, size);
    drop(&donor);
}

enum { RECORD = 13, MESSAGE = 12 };

static void put(unsigned char *at, size_t value, int bytes)
{
    while (bytes-- > 0) at[bytes] = (unsigned char) value, value >>= 8;
}

/* Lets the lengths of a datagram's only record, and of the only message in it, be those of what is there: the change is then inside. */
static void fix_lengths(bytes_t *datagram)
{
    if (datagram->size < RECORD) return;
    put(datagram->bytes + 11, datagram->size - RECORD, 2);
    if (datagram->bytes[0] != 22 || datagram->size < RECORD + MESSAGE) return;
    put(datagram->bytes + RECORD + 1, datagram->size - RECORD - MESSAGE, 3);
    put(datagram->bytes + RECORD + 9, datagram->size - RECORD - MESSAGE, 3);
}

static int is_one_record(const bytes_t *datagram)
{
    return datagram->size >= RECORD && RECORD + ((size_t) datagram->bytes[11] << 8 | datagram->bytes[12]) == datagram->size;
}

void mutate_datagram(bytes_t *datagram, const bytes_t *other)
{
    int one = is_one_record(datagram);
    switch (below(7)) {
    case 0: cut(datagram); break;
    case 1: if (datagram->size > RECORD) datagram->bytes[RECORD + below((unsigned) datagram->size - RECORD)] = edge(); break;
    case 2: datagram->bytes[place_in(datagram)] = edge(); break;
    case 3: case 4:
        transplant(datagram, below(2) ? other : datagram, below(2) ? RECORD + MESSAGE : RECORD);
        if (one) fix_lengths(datagram);
        break;
    default: flip(datagram);
    }
}

/* An element of DER: where it begins, and how many bytes its tag and length have, and all of it. */
typedef struct { size_t at, head, size; } element_t;
#define MOST_DEPTH 12

/* Reads the element at a place; 0 where there is none that ends in time. */
static int read_element(const bytes_t *der, size_t at, size_t end, element_t *element)
{
    if (end - at < 2) return 0;
    size_t head = 2, length = der->bytes[at + 1];
    if (length > 0x80) {
        size_t count = length & 0x7f;
        if (count > 2 || end - at < 2 + count) return 0;
        for (length = 0, head += count; count > 0; count--) length = length << 8 | der->bytes[at + head - count];
    } else if (length == 0x80) return 0;
    *element = (element_t) { at, head, head + length };
    return length <= end - at - head;
}

static int is_nested(unsigned char tag) { return (tag & 0x20) != 0 || tag == 4 || tag == 3; }

/* The path to some element inside, from the outermost; its length. */
static size_t descend(const bytes_t *der, element_t path[MOST_DEPTH])
{
    size_t depth = 0, at = 0, end = der->size;
    while (depth < MOST_DEPTH && read_element(der, at, end, &path[depth])) {
        element_t chosen = path[depth], next;
        for (unsigned more = below(8); more > 0 && read_element(der, chosen.at + chosen.size, end, &next); more--) chosen = next;
        path[depth++] = chosen;
        if (!is_nested(der->bytes[chosen.at]) || below(6) == 0) break;
        at = chosen.at + chosen.head + (der->bytes[chosen.at] == 3);
        end = chosen.at + chosen.size;
        if (at > end) break;
    }
    return depth;
}

/* Makes the elements of a path longer or shorter by what has changed inside of the last. */
static void resize(bytes_t *der, const element_t *path, size_t depth, long change)
{
    for (size_t each = 0; each + 1 < depth; each++) {
        size_t length = path[each].size - path[each].head + (size_t) change;
        unsigned char *at = der->bytes + path[each].at;
        if (path[each].head == 2 && length < 0x80) at[1] = (unsigned char) length;
        else put(at + 2, length, (int) path[each].head - 2);
    }
}

/* Replaces the last element of a path. */
static void replace(bytes_t *der, const element_t *path, size_t depth, const unsigned char *more, size_t size)
{
    element_t last = path[depth - 1];
    size_t before = der->size;
    splice(der, last.at, last.size, more, size);
    if (der->size != before) resize(der, path, depth, (long) size - (long) last.size);
}

static void change_length(bytes_t *der, element_t last)
{
    unsigned char *at = der->bytes + last.at + 1 + below((unsigned) last.head - 1);
    *at = below(2) ? edge() : (unsigned char) (*at + 1 - 2 * below(2));
}

/* A small integer, a truth value, an empty list, a version: what a reader may take for something else. */
static void change_kind(bytes_t *der, const element_t *path, size_t depth)
{
    static const char *const small[] = { "\x01\x01\xff", "\x01\x01\x01", "\x02\x01\x01", "\x02\x01\xff", "\x30\x03\x02\x01\x01", "\x05", "\x03\x02\x01\x06", "\x03\x01" };
    const char *chosen = small[below(LENGTH(small))];
    unsigned char made[8] = { 0 };
    memcpy(made, chosen, strlen(chosen));
    replace(der, path, depth, made, (size_t) made[1] + 2);
}

static void repeat(bytes_t *der, const element_t *path, size_t depth)
{
    element_t last = path[depth - 1];
    unsigned char twice[EXCHANGE_SIZE];
    if (last.size * 2 > sizeof twice) return;
    for (int each = 0; each < 2; each++) memcpy(twice + last.size * (size_t) each, der->bytes + last.at, last.size);
    replace(der, path, depth, twice, last.size * 2);
}

/* An element of another certificate, at about the same depth. */
static void graft(bytes_t *der, const element_t *path, size_t depth, const bytes_t *other)
{
    element_t theirs[MOST_DEPTH];
    size_t found = descend(other, theirs);
    if (found == 0) return;
    bytes_t donor = copy_of(other->bytes + theirs[found - 1].at, theirs[found - 1].size);
    replace(der, path, depth, donor.bytes, donor.size);
    drop(&donor);
}

void mutate_der(bytes_t *der, const bytes_t *other)
{
    element_t path[MOST_DEPTH];
    size_t depth = descend(der, path);
    element_t last = depth > 0 ? path[depth - 1] : (element_t) { 0, 0, 0 };
    switch (depth == 0 ? 8 : below(8)) {
    case 0: replace(der, path, depth, 0, 0); break;
    case 1: repeat(der, path, depth); break;
    case 2: graft(der, path, depth, other); break;
    case 3: change_kind(der, path, depth); break;
    case 4: change_length(der, last); break;
    case 5: der->bytes[last.at] = below(2) ? edge() : (unsigned char) (der->bytes[last.at] ^ 1u << below(8)); break;
    case 6: if (last.size > last.head) der->bytes[last.at + last.head + below((unsigned) (last.size - last.head))] = edge(); break;
    default: flip(der);
    }
}

void mutate_text(bytes_t *text)
{
    static const char *const pieces[] = { "-----BEGIN CERTIFICATE-----\n", "-----END X509 CRL-----\n", "Proc-Type: 4,ENCRYPTED\n", "=", "\n", "AAAA", "-----" };
    const char *piece = pieces[below(LENGTH(pieces))];
    if (text->size < 2) return;
    size_t at = below((unsigned) text->size - 1), gone = below(2) ? below((unsigned) (text->size - 1 - at) + 1) % 80 : 0;
    if (below(2)) splice(text, at, gone, (const unsigned char *) piece, strlen(piece));
    else flip(text);
    text->bytes[text->size - 1] = 0;
}
