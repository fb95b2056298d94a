#include "national.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODIES 400000 /* open ones that later acts may take up */

struct body {
    char code[36];
    bool open, parent; /* parent: has, or had, units below */
};

struct national {
    bool mixed;
    uint64_t state;
    int64_t acts;
    struct body *body;
    size_t count;
    int next[NATIONAL_PROVINCES + 1];
};

struct national *national_open(bool mixed, uint64_t seed)
{
    struct national *national = calloc(1, sizeof *national);
    struct body *body = calloc(BODIES, sizeof *body);
    if (!national || !body)
        abort();
    *national = (struct national){.mixed = mixed, .state = seed, .body = body};
    return national;
}

void national_close(struct national *national)
{
    free(national->body);
    free(national);
}

/* splitmix64 */
static uint64_t draw(struct national *national, uint64_t below)
{
    uint64_t z = national->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

static const char *const kinds[] = {
    "Sở", "Chi cục", "Trung tâm", "Phòng", "Ban", "Ủy ban nhân dân xã", "Trường", "Trạm"};
static const char *const fields[] = {"Xây dựng", "Tài chính", "Nông nghiệp và Môi trường", "Y tế",
    "Giáo dục và Đào tạo", "Khoa học và Công nghệ", "Văn hóa, Thể thao và Du lịch", "Nội vụ", "Tư pháp"};

static struct info draw_info(struct national *national, struct arena *arena, const char *code)
{
    struct info info = {0};
    unsigned n = (unsigned)draw(national, 100000);
    info.field[INFO_NAME] = str_format(arena, "%s %s số %u", kinds[n % 8], fields[n / 8 % 9], n);
    info.field[INFO_ADDRESS] =
        str_format(arena, "Số %u đường Lê Đại Hành, phường %u, tỉnh %.3s", n % 900 + 1, n % 30 + 1, code);
    info.field[INFO_EMAIL] = str_format(arena, "vanthu.%u@example.vn", n);
    if (n % 2)
        info.field[INFO_PHONE] = str_format(arena, "024 %04u %04u", n % 10000, n / 10);
    if (n % 4 == 0)
        info.field[INFO_WEBSITE] = str_format(arena, "https://co-quan-%u.example.vn", n);
    if (n % 3 == 0) /* bodies that had a code of the older kind */
        info.field[INFO_LEGACY_CODE] = str_format(arena, "%03u.%02u.%02u.%.3s", (unsigned)draw(national, 1000),
            (unsigned)draw(national, 100), (unsigned)draw(national, 100), code);
    return info;
}

static void province(int i, char out[8])
{
    snprintf(out, 8, "H%02d", i % 63 + 1);
}

/* A code never granted: under the province, or under one of its bodies. */
static struct str draw_new(struct national *national, struct arena *arena, int at, const char *under)
{
    char head[8];
    province(at, head);
    return str_format(arena, "%s.%d", under ? under : head, ++national->next[at]);
}

static struct body *keep(struct national *national, struct str code)
{
    size_t i = national->count < BODIES ? national->count++ : (size_t)draw(national, BODIES);
    struct body *body = &national->body[i];
    *body = (struct body){.open = true};
    memcpy(body->code, code.data, code.len < 35 ? code.len : 35);
    return body;
}

/* An open body of the province, without units when `leaf`; NULL when a few tries find none. */
static struct body *pick(struct national *national, int at, bool leaf)
{
    char head[8];
    province(at, head);
    for (int i = 0; i < 400 && national->count; i++) {
        struct body *body = &national->body[draw(national, national->count)];
        if (body->open && !(leaf && body->parent) && strncmp(body->code, head, 3) == 0)
            return body;
    }
    return NULL;
}

static struct act *begin(struct national *national, struct arena *arena, int at)
{
    struct act *act = arena_new(arena, struct act);
    char head[8];
    province(at, head);
    for (int i = 0; i < 16; i++)
        act->id.byte[i] = (uint8_t)draw(national, 256);
    act->authority = str_copy(arena, str_of(head));
    act->scheme = STR("gov");
    act->effective_on = act->happened_on = NATIONAL_TODAY - 20;
    unsigned n = (unsigned)draw(national, 9999);
    act->decision = (struct decision_doc){.given = true,
        .number = str_format(arena, "%u/QĐ-UBND", n),
        .issued_by = str_format(arena, "Ủy ban nhân dân tỉnh %s", head),
        .issued_on = NATIONAL_TODAY - 22};
    return act;
}

static void establish(struct national *national, struct arena *arena, int at, struct act *act)
{
    struct body *above = draw(national, 3) ? pick(national, at, false) : NULL;
    if (above && strlen(above->code) > 24)
        above = NULL;
    act->kind = ACT_ESTABLISHED;
    struct str code = draw_new(national, arena, at, above ? above->code : NULL);
    if (above)
        above->parent = true;
    act->body.established.code = code;
    act->body.established.info = draw_info(national, arena, code.data);
    keep(national, code);
}

static struct str code_of(struct arena *arena, const struct body *body)
{
    return str_copy(arena, str_of(body->code));
}

static void merge(struct national *national, struct arena *arena, int at, struct act *act, struct body *first)
{
    struct body *second = pick(national, at, true);
    if (!second || second == first) {
        establish(national, arena, at, act);
        return;
    }
    act->kind = ACT_MERGED;
    act->body.merged.source = arena_array(arena, struct str, 2);
    act->body.merged.source[0] = code_of(arena, first);
    act->body.merged.source[1] = code_of(arena, second);
    act->body.merged.count = 2;
    act->body.merged.into = code_of(arena, first);
    second->open = false;
}

static void split(struct national *national, struct arena *arena, int at, struct act *act, struct body *body)
{
    act->kind = ACT_SPLIT;
    act->body.split.source = code_of(arena, body);
    act->body.split.continues = true;
    act->body.split.count = 1;
    act->body.split.result = arena_new(arena, struct code_info);
    act->body.split.result->code = draw_new(national, arena, at, NULL);
    act->body.split.result->info = draw_info(national, arena, act->body.split.result->code.data);
    keep(national, act->body.split.result->code);
}

static void recode(struct national *national, struct arena *arena, int at, struct act *act, struct body *body)
{
    act->kind = ACT_RECODED;
    act->body.recoded.cause = CAUSE_RENUMBERING;
    act->body.recoded.count = 1;
    act->body.recoded.pair = arena_new(arena, struct code_pair);
    act->body.recoded.pair->from = code_of(arena, body);
    act->body.recoded.pair->to = draw_new(national, arena, at, NULL);
    body->open = false;
    keep(national, act->body.recoded.pair->to);
}

/* Of a hundred acts of a year of reform: 50 established, 20 contacts, 10 renamed, 6 recoded, 5 merged, 4 split, 5
 * ended. */
static void happen(struct national *national, struct arena *arena, int at, struct act *act)
{
    uint64_t dice = draw(national, 100);
    bool leaf = dice >= 80;
    struct body *body = dice < 50 ? NULL : pick(national, at, leaf);
    if (!body) {
        establish(national, arena, at, act);
    } else if (dice < 70) {
        act->kind = ACT_CONTACT_UPDATED;
        act->decision = (struct decision_doc){.given = false};
        act->body.contact_updated.code = code_of(arena, body);
        act->body.contact_updated.set.field[INFO_EMAIL] =
            str_format(arena, "moi.%u@example.vn", (unsigned)draw(national, 99999));
    } else if (dice < 80) {
        act->kind = ACT_RENAMED;
        act->body.renamed.code = code_of(arena, body);
        act->body.renamed.set.field[INFO_NAME] =
            str_format(arena, "%s mới %u", kinds[dice % 8], (unsigned)draw(national, 99999));
    } else if (dice < 86) {
        recode(national, arena, at, act, body);
    } else if (dice < 91) {
        merge(national, arena, at, act, body);
    } else if (dice < 95) {
        split(national, arena, at, act, body);
    } else if (dice < 98) {
        act->kind = ACT_CLOSED;
        act->body.closed.code = code_of(arena, body);
        body->open = false;
    } else {
        act->kind = ACT_DISSOLVED;
        act->body.dissolved.code = code_of(arena, body);
        body->open = false;
    }
}

struct act *national_next(struct national *national, struct arena *arena)
{
    int64_t n = national->acts++;
    int at = (int)(n % NATIONAL_PROVINCES);
    struct act *act = begin(national, arena, at);
    if (n < NATIONAL_PROVINCES) {
        act->kind = ACT_ESTABLISHED;
        act->body.established.code = act->authority;
        act->body.established.info = draw_info(national, arena, act->authority.data);
        act->effective_on = act->happened_on = NATIONAL_TODAY - 2000;
        act->authority = STR("ROOT");
    } else if (national->mixed) {
        happen(national, arena, at, act);
    } else {
        establish(national, arena, at, act);
    }
    return act;
}
