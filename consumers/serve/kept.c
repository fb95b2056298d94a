#include "kept.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    ENTRIES = 16,
    TEXT_MAX = 4 << 20,
    LATER_MS = 50,  /* a worker looks so long whether it is its turn, then others are served */
    LONG_MS = 250,  /* who took longer is given once more, though there are changes, */
    LONG_TIMES = 9, /* for so many times as long: counting takes a tenth of one worker's time at most */
};

struct entry {
    char *question, *text; /* NULL: free */
    size_t question_len, text_len;
    struct freshness fresh;
    time_ms used, good_until;
};

struct kept {
    pthread_mutex_t lock;
    pthread_cond_t made;
    int making, makers;
    struct entry entry[ENTRIES];
};

struct kept *kept_open(int makers)
{
    struct kept *kept = calloc(1, sizeof *kept);
    pthread_condattr_t attributes;
    if (!kept)
        abort();
    kept->makers = makers;
    pthread_mutex_init(&kept->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&kept->made, &attributes);
    pthread_condattr_destroy(&attributes);
    return kept;
}

static void empty(struct entry *entry)
{
    free(entry->question);
    free(entry->text);
    *entry = (struct entry){0};
}

void kept_close(struct kept *kept)
{
    for (int i = 0; kept && i < ENTRIES; i++)
        empty(&kept->entry[i]);
    if (kept) {
        pthread_cond_destroy(&kept->made);
        pthread_mutex_destroy(&kept->lock);
    }
    free(kept);
}

static struct entry *entry_of(struct kept *kept, struct str question)
{
    for (int i = 0; i < ENTRIES; i++) {
        struct entry *entry = &kept->entry[i];
        if (entry->text && str_equal((struct str){entry->question, entry->question_len}, question))
            return entry;
    }
    return NULL;
}

/* Has nothing been decided since? */
static bool is_same(const struct freshness *a, const struct freshness *b)
{
    return a->epoch == b->epoch && a->sequence == b->sequence && a->receipt == b->receipt &&
           memcmp(&a->head, &b->head, sizeof a->head) == 0;
}

/* Was it long to make, and not long ago? Never ahead of where the asker's snapshot stands. */
static bool is_near(const struct entry *entry, const struct freshness *fresh, time_ms now)
{
    return entry->fresh.epoch == fresh->epoch && entry->fresh.sequence <= fresh->sequence &&
           entry->fresh.receipt <= fresh->receipt && now < entry->good_until;
}

static void wait_a_moment(struct kept *kept)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LATER_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&kept->made, &kept->lock, &until);
}

enum kept_found kept_find(struct kept *kept, struct work *work, struct str question, struct str *out)
{
    enum kept_found found = KEPT_LATER;
    time_ms now = time_monotonic();
    pthread_mutex_lock(&kept->lock);
    struct entry *entry = entry_of(kept, question);
    bool same = entry && is_same(&entry->fresh, &work->fresh);
    if (same || (entry && is_near(entry, &work->fresh, now))) {
        entry->used = now;
        if (!same)
            work->fresh = entry->fresh;
        *out = str_copy(work->arena, (struct str){entry->text, entry->text_len});
        found = KEPT_FOUND;
    } else if (kept->making < kept->makers) {
        kept->making++;
        found = KEPT_MAKE;
    } else {
        wait_a_moment(kept);
    }
    pthread_mutex_unlock(&kept->lock);
    return found;
}

static char *copy_of(struct str text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        abort();
    memcpy(copy, text.data, text.len);
    return copy;
}

/* That of the question, else a free one, else the one that nobody has asked for the longest. */
static struct entry *place_for(struct kept *kept, struct str question)
{
    struct entry *place = entry_of(kept, question);
    for (int i = 0; i < ENTRIES && !place; i++)
        if (!kept->entry[i].text)
            place = &kept->entry[i];
    if (place)
        return place;
    place = &kept->entry[0];
    for (int i = 1; i < ENTRIES; i++)
        if (kept->entry[i].used < place->used)
            place = &kept->entry[i];
    return place;
}

void kept_put(struct kept *kept, const struct work *work, struct str question, struct str text, time_ms spent)
{
    time_ms now = time_monotonic();
    pthread_mutex_lock(&kept->lock);
    kept->making--;
    if (str_given(text) && text.len <= TEXT_MAX) {
        struct entry *entry = place_for(kept, question);
        empty(entry);
        *entry = (struct entry){.question = copy_of(question),
            .question_len = question.len,
            .text = copy_of(text),
            .text_len = text.len,
            .fresh = work->fresh,
            .used = now,
            .good_until = spent >= LONG_MS ? now + LONG_TIMES * spent : 0};
    }
    pthread_cond_broadcast(&kept->made);
    pthread_mutex_unlock(&kept->lock);
}
