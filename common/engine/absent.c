#include "engine/absent.h"

#include <stdlib.h>

/* 16 MiB: ten million acts fill less than half of it. As it fills it says "none" less often, but never wrongly. */
#define WORDS ((size_t)1 << 21)
#define HASHES 4

struct absent {
    uint64_t word[WORDS];
};

struct absent *absent_open(void)
{
    struct absent *absent = calloc(1, sizeof *absent);
    if (!absent)
        abort();
    return absent;
}

void absent_close(struct absent *absent)
{
    free(absent);
}

/* Where a key of that kind is noted: bits in two words, so that it costs two looks at memory. */
struct spot {
    size_t word[2];
    uint64_t bits[2];
};

static struct spot spot_of(enum need_kind kind, struct str key)
{
    struct spot spot = {0};
    uint64_t hash = str_hash(key) + kind;
    for (int i = 0; i < 2; i++) {
        hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
        spot.word[i] = (size_t)(hash >> 40) % WORDS;
        for (int j = 0; j < HASHES / 2; j++)
            spot.bits[i] |= (uint64_t)1 << (hash >> 6 * j & 63);
    }
    return spot;
}

static void note(struct absent *absent, enum need_kind kind, struct str key)
{
    struct spot spot = spot_of(kind, key);
    for (int i = 0; i < 2; i++)
        absent->word[spot.word[i]] |= spot.bits[i];
}

static bool has(const struct absent *absent, enum need_kind kind, struct str key)
{
    struct spot spot = spot_of(kind, key);
    for (int i = 0; i < 2; i++)
        if ((absent->word[spot.word[i]] & spot.bits[i]) != spot.bits[i])
            return false;
    return true;
}

static struct str id_key(const struct uuid *id)
{
    return (struct str){(const char *)id->byte, sizeof id->byte};
}

void absent_note(struct absent *absent, const struct scene *scene)
{
    for (size_t i = 0; i < scene->codes.count; i++) {
        const struct code *code = scene_known(&scene->codes.entry[i]);
        if (!code || !code->dirty)
            continue;
        note(absent, NEED_CODE, code->key);
        struct str legacy = code->now.values.info.field[INFO_LEGACY_CODE];
        if (str_given(legacy))
            note(absent, NEED_LEGACY, legacy);
    }
    for (size_t i = 0; i < scene->acts.count; i++) {
        const struct act_list *list = scene_known(&scene->acts.entry[i]);
        for (size_t j = 0; list && j < list->entry.count; j++)
            if (list->entry.item[j]->dirty)
                note(absent, NEED_ACT, id_key(&list->entry.item[j]->id));
    }
}

void absent_answer(const struct absent *absent, struct registry *registry)
{
    struct scene *scene = registry->scene;
    size_t left = 0;
    for (size_t i = 0; i < registry->needs.count; i++) {
        const struct need need = registry->needs.item[i];
        if (need.kind == NEED_CODE && !has(absent, NEED_CODE, need.text))
            scene_put_code(scene, need.text, NULL);
        else if (need.kind == NEED_LEGACY && !has(absent, NEED_LEGACY, need.text))
            scene_put_legacy(scene, need.text, NULL, 0);
        else if (need.kind == NEED_ACT && !has(absent, NEED_ACT, id_key(&need.id)))
            scene_put_acts(scene, need.id, NULL, 0);
        else
            registry->needs.item[left++] = need;
    }
    registry->needs.count = left;
}
