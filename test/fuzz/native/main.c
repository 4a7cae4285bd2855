/* Rounds of two handshakes at most, each of which something happens to: `dtls-native FOLDER DATE SEED FIRST COUNT`; prints what became of them as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "native.h"

time_t today;

/* What happens in a round. */
enum { NOTHING, DATAGRAMS, CERTIFICATE, MEMORY, RANDOM, INPUTS, VERDICT, STYLES };
static const char *const styles[STYLES] = { "untouched", "datagrams", "certificates", "memory", "randomness", "inputs", "verdicts" };

static struct { unsigned rounds, whole, resumed, exchanged; } tally[STYLES];

static party_t parties[3];
static const char *const kinds[LENGTH(parties)] = { "ec", "rsa", "deep" };

typedef struct {
    unsigned style;
    const party_t *party;
    proof_t proofs[2];
    int resuming;
    context_t *contexts[2];
    disguise_t disguises[2];
    end_t ends[2];
    bytes_t saved, last; /* the client's session; what was sent before */
    unsigned rate; /* one of so many datagrams is changed */
} round_t;

/* What a path does to a datagram: mostly nothing. */
static void pass(round_t *round, datagram_t *datagram)
{
    bytes_t *bytes = &datagram->bytes;
    if (round->style != DATAGRAMS || below(round->rate) != 0) return hear(round->ends, datagram->to, bytes->bytes, bytes->size);
    bytes_t whole = copy_of(bytes->bytes, bytes->size);
    unsigned fate = below(12);
    if (fate == 0) hear(round->ends, !datagram->to, bytes->bytes, bytes->size);
    if (fate == 1) hear(round->ends, datagram->to, bytes->bytes, bytes->size);
    if (fate > 2) mutate_datagram(bytes, round->last.bytes ? &round->last : bytes);
    if (fate != 3) hear(round->ends, datagram->to, bytes->bytes, bytes->size);
    drop(&round->last);
    round->last = whole;
}

/* Lets the ends talk until nothing is on its way, and again after each of some delays. */
static void settle(round_t *round, unsigned delays)
{
    datagram_t datagram;
    for (;;) {
        while (next_datagram(&datagram)) pass(round, &datagram), drop(&datagram.bytes);
        int through = round->ends[CLIENT].established && round->ends[SERVER].established;
        if (through || round->ends[CLIENT].over || delays-- == 0) return;
        host.clock += 1100 << below(3);
        for (int end = CLIENT; end <= SERVER; end++) hear(round->ends, end, 0, 0);
    }
}

static void save(round_t *round)
{
    int size = session_save(round->ends[CLIENT].session, 750);
    drop(&round->saved);
    if (size > 0) round->saved = copy_of(outbox, (size_t) size);
    wipe();
}

static void resume(round_t *round)
{
    if (!round->saved.bytes) return;
    memcpy(inbox, round->saved.bytes, round->saved.size);
    session_resume(round->ends[CLIENT].session, (int) round->saved.size);
    wipe();
}

/* A handshake, and a message each way. Whether it was whole. */
static int shake_hands(round_t *round, int counted)
{
    end_t *ends = round->ends;
    for (int end = CLIENT; end <= SERVER; end++) host.judged[end] = host.refused[end] = host.keyed[end] = host.certificates[end] = host.strange[end] = 0;
    if (!open_ends(ends, round->contexts)) return 0;
    inspect(&ends[CLIENT]), inspect(&ends[SERVER]);
    resume(round);
    hear(ends, CLIENT, 0, 0);
    settle(round, 4);
    say(ends, CLIENT), say(ends, SERVER);
    settle(round, 0);
    int whole = ends[CLIENT].established && ends[SERVER].established;
    if (counted) {
        tally[round->style].whole += (unsigned) whole;
        tally[round->style].resumed += whole && session_resumed(ends[CLIENT].session);
        tally[round->style].exchanged += ends[SERVER].heard == 1 && ends[CLIENT].heard == 1;
    }
    inspect(&ends[CLIENT]), inspect(&ends[SERVER]);
    if (ends[CLIENT].established) save(round);
    return whole;
}

/* Says goodbye, hears it, and is gone. */
static void part(round_t *round)
{
    datagram_t datagram;
    if (round->ends[CLIENT].established) session_close(round->ends[CLIENT].session);
    while (next_datagram(&datagram)) hear(round->ends, datagram.to, datagram.bytes.bytes, datagram.bytes.size), drop(&datagram.bytes);
    close_ends(round->ends);
    while (next_datagram(&datagram)) drop(&datagram.bytes);
}

static void arm(unsigned style)
{
    host.for_good = below(2) != 0;
    if (style == MEMORY) host.memory_left = (int) below(below(2) ? 40 : 900);
    if (style == RANDOM) host.random_left = (int) below(60);
    if (style == VERDICT) host.verdict[below(2)] = 1u << below(30), host.keyless = below(2) != 0, host.unwilling = below(2) != 0;
}

static void disarm(void)
{
    host.memory_left = host.random_left = -1;
}

static void plan(round_t *round)
{
    unsigned party = below(12);
    round->party = &parties[party < 6 ? 0 : party < 8 ? 1 : 2];
    int key = round->style != CERTIFICATE && below(2), crl = below(2) != 0;
    round->proofs[CLIENT] = (proof_t) { !key, key, crl };
    round->proofs[SERVER] = (proof_t) { 1, 1, crl };
    round->resuming = round->style != CERTIFICATE && round->style != INPUTS && below(3) == 0;
    round->rate = 1 + below(6);
    for (int end = CLIENT; end <= SERVER; end++) {
        memcpy(host.shown[end], round->party->ends[end].chain, sizeof host.shown[end]);
    }
    host.trusted = round->party->ca;
    host.spoilt = round->style == INPUTS;
}

/* Opens both ends' contexts. Whether there are two. */
static int open_contexts(round_t *round)
{
    for (int end = CLIENT; end <= SERVER; end++) round->contexts[end] = open_context(round->party, end, round->proofs[end], round->style == INPUTS);
    return round->contexts[CLIENT] && round->contexts[SERVER];
}

static void close_contexts(round_t *round)
{
    for (int end = CLIENT; end <= SERVER; end++) {
        take_off(&round->disguises[end]);
        if (round->contexts[end]) context_free(round->contexts[end]);
    }
}

static void disguise_one(round_t *round)
{
    unsigned end = below(2);
    const party_t *donor = &parties[below(LENGTH(parties))];
    put_on(&round->disguises[end], round->contexts[end], below(2) ? &donor->ca : &donor->ends[below(2)].chain[0]);
}

/* The first handshake of two leaves a ticket, and nothing happens to it. */
static void converse(round_t *round)
{
    unsigned style = round->style;
    if (round->resuming) {
        round->style = NOTHING;
        disarm();
        if (!shake_hands(round, 0)) fail("a handshake that nobody touches, before one of %s, is not whole", styles[style]);
        part(round);
        round->style = style;
        arm(style);
    }
    if (style == CERTIFICATE) disguise_one(round);
    int whole = shake_hands(round, 1);
    disarm();
    if (style == NOTHING && (!whole || round->ends[SERVER].heard != 1)) fail("a handshake that nobody touches is not whole");
    part(round);
}

/* Draws what is to happen in a round, and to whom. */
static void draw(round_t *round)
{
    unsigned style = below(20);
    round->style = style < 2 ? NOTHING : style < 8 ? DATAGRAMS : style < 13 ? CERTIFICATE : style < 17 ? MEMORY : RANDOM + style - 17;
    plan(round);
    tally[round->style].rounds++;
}

/* Whether octets of memory that nothing was written to seem to have left. */
static int play(unsigned seed, unsigned number, unsigned octets)
{
    round_t round = { 0 };
    seed_with(seed * 0x9e3779b9u + number, octets);
    host = (host_t) { .round = number, .memory_left = -1, .random_left = -1 };
    draw(&round);
    int late = round.style == INPUTS || round.resuming || below(2);
    if (!late) arm(round.style);
    if (open_contexts(&round)) {
        if (late && !round.resuming) arm(round.style);
        converse(&round);
    } else if (round.style != MEMORY && round.style != RANDOM && round.style != INPUTS) fail("sound credentials are refused");
    disarm();
    close_contexts(&round);
    drop(&round.saved), drop(&round.last);
    if (host.live != 0) fail("%ld blocks of memory are left of %s", host.live, styles[round.style]);
    return host.unwritten != 0;
}

/* Four octets may look so by chance, but not with other random octets as well. */
static void run(unsigned seed, unsigned number)
{
    if (play(seed, number, number) && play(seed, number, ~number)) fail("octets of memory that nothing was written to leave, at %d of a datagram", host.unwritten);
}

int main(int count, char **words)
{
    if (count != 6) fail("usage: %s FOLDER DATE SEED FIRST COUNT", words[0]);
    today = (time_t) strtoll(words[2], 0, 10);
    unsigned seed = (unsigned) strtoul(words[3], 0, 10), first = (unsigned) strtoul(words[4], 0, 10), rounds = (unsigned) strtoul(words[5], 0, 10);
    for (size_t kind = 0; kind < LENGTH(parties); kind++) read_party(&parties[kind], words[1], kinds[kind]);
    for (unsigned number = first; number < first + rounds; number++) run(seed, number);
    for (size_t kind = 0; kind < LENGTH(parties); kind++) drop_party(&parties[kind]);
    for (int style = 0; style < STYLES; style++) {
        printf("%s\"%s\":{\"rounds\":%u,\"whole\":%u,", style ? "," : "{", styles[style], tally[style].rounds, tally[style].whole);
        printf("\"resumed\":%u,\"exchanged\":%u}", tally[style].resumed, tally[style].exchanged);
    }
    printf("}\n");
    return 0;
}
