#include "chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_TEXT (SHA256_TEXT_SIZE - 1)

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* RFC 8785 but for the order of members whose names are not ASCII; ours are. */
static void hash_of(const json_t *event, const char *previous, char out[SHA256_TEXT_SIZE])
{
    json_t *bare = json_deep_copy(event), *data = json_object_get(bare, "data");
    json_object_del(data, "hash");
    json_object_del(data, "previousHash");
    char *text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        abort();
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    hasher_add(hasher, previous, strlen(previous));
    hasher_add(hasher, text, strlen(text));
    sha256_format(hasher_end(hasher), out);
    hasher_close(hasher);
    free(text);
    json_decref(bare);
}

static bool judge(const struct chain *chain, const json_t *event, int64_t sequence, char why[160])
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    const json_t *data = json_object_get(event, "data");
    const char *hash = text_of(data, "hash"), *previous = text_of(data, "previousHash");
    const char *expected = chain->begun ? chain->hash : sequence == 1 ? zeros : previous;
    char made[SHA256_TEXT_SIZE];
    if (strlen(hash) != HASH_TEXT || strlen(previous) != HASH_TEXT)
        snprintf(why, 160, "it has no hash and previousHash of 64 digits");
    else if (chain->begun && sequence != chain->sequence + 1)
        snprintf(why, 160, "sequence %lld follows %lld", (long long)sequence, (long long)chain->sequence);
    else if (strcmp(previous, expected) != 0)
        snprintf(why, 160, "its previousHash is not the hash of the change before it");
    else if (hash_of(event, previous, made), strcmp(made, hash) != 0)
        snprintf(why, 160, "its hash is not that of its content");
    else
        return true;
    return false;
}

const char *chain_add(struct chain *chain, const json_t *event, char why[160])
{
    unsigned long long sequence = 0;
    str_to_u64(str_of(text_of(event, "sequence")), &sequence);
    bool holds = judge(chain, event, (int64_t)sequence, why);
    if (!holds && !chain->broken) {
        chain->broken = (int64_t)sequence;
        memcpy(chain->why, why, 160);
    }
    if (!chain->begun)
        chain->first = (int64_t)sequence;
    chain->begun = true;
    chain->sequence = (int64_t)sequence;
    snprintf(chain->hash, sizeof chain->hash, "%s", text_of(json_object_get(event, "data"), "hash"));
    return holds ? NULL : why;
}
