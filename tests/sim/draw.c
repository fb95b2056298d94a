#include "draw.h"

#include <stdio.h>

#include "core/code.h"

/* ---- the alphabet ------------------------------------------------------------------------------------------------- */

static const char *const gov[] = {"H26",   "H57",     "K01",     "G05",       "H26.1",   "H26.2",   "H26.1.A", "H26.1.B",
                                  "H57.1", "H57.2",   "H57.1.A", "H26.1.A.1", "H57.3",   "K01.1",   "H26.3",   "K01.2",
                                  "H57.4", "H57.1.B", "K01.1.A", "H26.x",     "K01.1.A.7"};
static const char *const enterprise[] = {"0100109106", "0100109106-001", "0100109106-002", "0100100008", "0100109107"};
static const char *const items[] = {"A1", "A2", "B1", "B2", "11"};
static const char *const authorities[] = {"ROOT", "H26", "H57", "K01", "G05", "H58", "X"};
static const char *const names[] = {"Sở Xây dựng", "Sở Nội vụ", "Ban Quản lý"};
static const char *const legacies[] = {"000.00.18.H26", "000.01.18.H26", "000.001.18.H26"};
static const int days[] = {0, 0, 0, -1, -3, -10, -40, 1, 2, 9, 0, -2, -20, 30, 0, -100};
static const time_ms steps[] = {0, 0, 1, 1000, 3600000, DAY_MS, 3 * DAY_MS, 7 * DAY_MS, 0, 0, 0, 60000,
                                0, 31 * DAY_MS, 0, -3600000};
#define COUNT(list) (sizeof(list) / sizeof *(list))

struct draw {
    struct arena *arena;
    const uint8_t *data;
    size_t size, at;
    struct drawn out;
    time_ms now;
    int64_t offset[COUNT(authorities)];
    unsigned ids;
    const char *const *code;
    size_t codes;
    bool wide;
};

static unsigned next(struct draw *draw) { return draw->at < draw->size ? draw->data[draw->at++] : 0; }

static struct str pick(struct draw *draw, const char *const *list, size_t count)
{
    return str_of(list[next(draw) % count]);
}
static struct str code(struct draw *draw)
{
    struct str code = pick(draw, draw->code, draw->codes);
    if (!draw->wide || draw->code != gov)
        return code;
    unsigned byte = next(draw); /* in a long journal few codes would soon be used up */
    if (code.len > 3)
        return byte % 4 ? str_format(draw->arena, "%.*s%u", STR_ARG(code), byte % 32) : code;
    return byte % 16 ? str_format(draw->arena, "%.*s.%u", STR_ARG(code), byte) : code;
}

static struct info info(struct draw *draw, bool whole)
{
    struct info out = {0};
    unsigned byte = next(draw);
    if (whole || byte & 1)
        out.field[INFO_NAME] = str_of(names[byte >> 1 & 1 ? 0 : byte >> 2 & 1 ? 1 : 2]);
    if (whole || byte & 8)
        out.field[INFO_ADDRESS] = byte & 16 ? STR("Hà Nội") : STR("Huế");
    if (byte & 32)
        out.field[INFO_LEGACY_CODE] = str_of(legacies[byte >> 6 & 1]);
    if (byte & 128)
        out.field[INFO_EMAIL] = byte & 1 ? STR("a@example.vn") : STR("b@example.vn");
    if (whole)
        out.field[INFO_TYPE] = STR("unit");
    return out;
}

static field_mask clears(struct draw *draw, field_mask allowed)
{
    unsigned byte = next(draw);
    return byte & 3 ? 0 : (field_mask)(byte << 2) & allowed;
}

static void units(struct draw *draw, struct units *out)
{
    unsigned byte = next(draw);
    if ((byte & 7) == 1)
        out->form = UNITS_KEEP;
    if ((byte & 7) < 4)
        return;
    out->form = UNITS_LIST;
    out->count = (byte & 7) - 3;
    out->item = arena_array(draw->arena, struct unit, out->count);
    for (size_t i = 0; i < out->count; i++) {
        struct unit *unit = &out->item[i];
        unit->move = (enum unit_move)(byte >> (3 + i) & 1 ? UNIT_TO : byte >> 6 & 1 ? UNIT_CLOSE : UNIT_SUCCESSOR);
        unit->code = code(draw);
        if (unit->move != UNIT_CLOSE)
            unit->to = code(draw);
    }
}

/* ---- acts --------------------------------------------------------------------------------------------------------- */

static const struct act *former(struct draw *draw)
{
    size_t count = draw->out.items.count;
    unsigned back = next(draw);
    for (size_t i = 0; i < count; i++) {
        const struct act *act = draw->out.items.item[(2 * count - 1 - back % count - i) % count].record.act;
        if (act)
            return act;
    }
    return NULL;
}

static void body_of_list(struct draw *draw, struct act *act)
{
    size_t count = next(draw) % 3 + 1;
    switch (act->kind) {
    case ACT_RECODED:
        act->body.recoded.cause = CAUSE_RENUMBERING;
        act->body.recoded.count = count;
        act->body.recoded.pair = arena_array(draw->arena, struct code_pair, count);
        for (size_t i = 0; i < count; i++) {
            act->body.recoded.pair[i].from = code(draw);
            act->body.recoded.pair[i].to = code(draw);
        }
        break;
    case ACT_MERGED:
        act->body.merged.count = count;
        act->body.merged.source = arena_array(draw->arena, struct str, count);
        for (size_t i = 0; i < count; i++)
            act->body.merged.source[i] = code(draw);
        act->body.merged.into = next(draw) & 1 ? code(draw) : act->body.merged.source[0];
        act->body.merged.info_given = next(draw) & 1;
        if (act->body.merged.info_given)
            act->body.merged.info = info(draw, next(draw) & 1);
        act->body.merged.new_body = (next(draw) & 7) == 1;
        units(draw, &act->body.merged.units);
        break;
    case ACT_SPLIT:
        act->body.split.source = code(draw);
        act->body.split.continues = next(draw) & 1;
        act->body.split.new_body = act->body.split.continues && next(draw) & 1;
        act->body.split.count = count;
        act->body.split.result = arena_array(draw->arena, struct code_info, count);
        for (size_t i = 0; i < count; i++)
            act->body.split.result[i] = (struct code_info){code(draw), info(draw, true)};
        units(draw, &act->body.split.units);
        break;
    default: /* ACT_DISSOLVED */
        act->body.dissolved.code = code(draw);
        act->body.dissolved.count = count - 1;
        act->body.dissolved.successor = arena_array(draw->arena, struct str, count);
        for (size_t i = 0; i + 1 < count; i++)
            act->body.dissolved.successor[i] = code(draw);
        act->body.dissolved.with_units = next(draw) & 1;
        act->body.dissolved.continues = count == 2 && next(draw) & 1;
        units(draw, &act->body.dissolved.units);
        break;
    }
}

static void body_of_reference(struct draw *draw, struct act *act)
{
    const struct act *target = former(draw);
    if (act->kind == ACT_ANNULLED) {
        act->body.annulled.reason = (next(draw) & 7) == 1 ? ANNUL_DECISION_ANNULLED : ANNUL_ENTRY_ERROR;
        if (target)
            act->body.annulled.annuls = target->id;
    } else {
        unsigned byte = next(draw);
        act->body.corrected.set = info(draw, false);
        act->body.corrected.clear = clears(draw, INFO_ALL);
        act->body.corrected.code = byte & 1 && target && target->kind == ACT_ESTABLISHED ? target->body.established.code
                                   : byte & 1 && target && target->kind == ACT_RENAMED   ? target->body.renamed.code
                                                                                         : code(draw);
        if (target)
            act->body.corrected.corrects = target->id;
        if (byte & 2)
            act->body.corrected.set_decision = (struct decision_doc){
                .given = true, .number = STR("9/QĐ"), .issued_by = STR("UBND"), .issued_on = date_of(draw->now) - 50};
    }
    if (target)
        act->authority = target->authority;
    if (target)
        act->scheme = target->scheme;
}

static void body_of_scheme(struct draw *draw, struct act *act)
{
    static struct grammar_item grammar[] = {{.class = STR("A-Z"), .min = 1, .max = 1},
                                            {.class = STR("0-9"), .min = 1, .max = 2}};
    unsigned byte = next(draw);
    act->authority = STR("ROOT");
    act->scheme = STR("gov");
    act->body.scheme_registered.scheme = STR("abc");
    act->body.scheme_registered.issuer = byte & 1 ? STR("K01") : STR("H57");
    act->body.scheme_registered.item = grammar;
    act->body.scheme_registered.count = byte & 64 ? 1 : 2;
    act->body.scheme_registered.description = byte & 2 ? STR("một") : STR("hai");
    act->body.scheme_registered.amends = byte & 4;
}

static void draw_body(struct draw *draw, struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        act->body.established.code = code(draw);
        act->body.established.info = info(draw, true);
        break;
    case ACT_CONTACT_UPDATED:
        act->body.contact_updated.code = code(draw);
        act->body.contact_updated.set.field[INFO_PHONE] = next(draw) & 1 ? STR("1") : STR("2");
        act->body.contact_updated.clear = clears(draw, INFO_CONTACT & ~(1u << INFO_PHONE | 1u << INFO_ADDRESS));
        break;
    case ACT_RENAMED: {
        unsigned byte = next(draw);
        act->body.renamed.code = code(draw);
        act->body.renamed.set = info(draw, false);
        act->body.renamed.set.field[INFO_ADDRESS] = act->body.renamed.set.field[INFO_EMAIL] = STR_NONE;
        if ((byte & 3) == 1)
            act->body.renamed.new_code = code(draw);
        act->body.renamed.new_body = (byte & 7) == 2;
        if ((byte & 3) == 1)
            units(draw, &act->body.renamed.units);
        break;
    }
    case ACT_CLOSED:
        act->body.closed.code = code(draw);
        act->body.closed.with_units = next(draw) & 1;
        break;
    case ACT_CORRECTED:
    case ACT_ANNULLED:
        body_of_reference(draw, act);
        break;
    case ACT_SCHEME_REGISTERED:
        body_of_scheme(draw, act);
        break;
    default:
        body_of_list(draw, act);
        break;
    }
}

static struct str first_code(const struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        return act->body.established.code;
    case ACT_CONTACT_UPDATED:
        return act->body.contact_updated.code;
    case ACT_RENAMED:
        return act->body.renamed.code;
    case ACT_RECODED:
        return act->body.recoded.pair[0].from;
    case ACT_MERGED:
        return act->body.merged.source[0];
    case ACT_SPLIT:
        return act->body.split.source;
    case ACT_DISSOLVED:
        return act->body.dissolved.code;
    case ACT_CLOSED:
        return act->body.closed.code;
    default:
        return STR_NONE;
    }
}

/* Whose act it most likely is; a byte may say otherwise. */
static struct str authority(struct draw *draw, const struct act *act)
{
    unsigned byte = next(draw);
    if (byte % 8 == 7)
        return pick(draw, authorities, COUNT(authorities));
    if (str_given(act->authority))
        return act->authority;
    if (str_equal(act->scheme, STR("enterprise")))
        return STR("G05");
    if (!str_equal(act->scheme, STR("gov")))
        return STR("K01");
    struct str named = first_code(act);
    return code_gov_valid(named) && code_gov_level(named) > 1 ? code_gov_level1(named) : STR("ROOT");
}

static struct act *draw_act(struct draw *draw)
{
    static const enum act_kind kinds[] = {
        ACT_ESTABLISHED, ACT_ESTABLISHED, ACT_ESTABLISHED, ACT_ESTABLISHED, ACT_CONTACT_UPDATED, ACT_RENAMED,
        ACT_RECODED,     ACT_MERGED,      ACT_SPLIT,       ACT_DISSOLVED,   ACT_CLOSED,          ACT_CORRECTED,
        ACT_ANNULLED,    ACT_ANNULLED,    ACT_RENAMED,     ACT_SCHEME_REGISTERED};
    unsigned byte = next(draw), when = next(draw);
    struct act *act = arena_new(draw->arena, struct act);
    act->kind = kinds[byte & 15];
    act->scheme = STR("gov");
    draw->code = gov;
    draw->codes = byte & 16 ? COUNT(gov) : 8;
    if (byte >> 5 == 7) {
        act->scheme = STR("enterprise");
        draw->code = enterprise;
        draw->codes = COUNT(enterprise);
    } else if (byte >> 5 == 6) {
        act->scheme = STR("abc");
        draw->code = items;
        draw->codes = COUNT(items);
    }
    draw_body(draw, act);
    act->authority = authority(draw, act);
    act->effective_on = act->happened_on = date_of(draw->now) + days[when & 15];
    if (act->kind != ACT_CONTACT_UPDATED)
        act->decision = (struct decision_doc){.given = when != 0xf7,
                                              .number = STR("1/QĐ"),
                                              .issued_by = STR("UBND"),
                                              .issued_on = date_of(draw->now) - (date_day)(when >> 4)};
    act->id.byte[6] = 0x50;
    act->id.byte[8] = 0x80;
    act->id.byte[14] = (uint8_t)(draw->ids >> 8);
    act->id.byte[15] = (uint8_t)draw->ids++;
    return act;
}

/* ---- records ------------------------------------------------------------------------------------------------------ */

static size_t topic_of(struct str whose)
{
    size_t which = 0;
    while (which + 1 < COUNT(authorities) && !str_equal(str_of(authorities[which]), whose))
        which++;
    return which;
}

static void place_origin(struct draw *draw, struct journal_record *record, struct str whose)
{
    size_t which = topic_of(whose);
    record->origin = (struct origin){.topic = str_format(draw->arena, "orgcode.acts.%s", authorities[which]),
                                     .authority = str_of(authorities[which]),
                                     .from = draw->offset[which],
                                     .offset = draw->offset[which],
                                     .time = draw->now};
    draw->offset[which]++;
}

static void draw_again(struct draw *draw, struct journal_record *record, unsigned how)
{
    const struct journal_record *old = &draw->out.items.item[next(draw) % draw->out.items.count].record;
    time_ms broker = record->broker_ms;
    if (old->kind != RECORD_ACT && old->kind != RECORD_REFUSAL)
        return;
    *record = *old;
    record->broker_ms = broker;
    if (how == 1 && next(draw) & 1) { /* a topic created anew, which goes on from here */
        record->origin.time = draw->now;
        draw->offset[topic_of(old->origin.authority)] = old->origin.offset + 1;
    } else if (how == 1) { /* the pipeline's own repeat */
        record->origin.time = old->origin.time;
    } else if (how == 2) /* the agency's repeat */
        place_origin(draw, record, old->origin.authority);
    else if (old->act) { /* another content under its id */
        struct act *act = arena_new(draw->arena, struct act);
        *act = *old->act;
        act->note = STR("khác");
        record->act = act;
        place_origin(draw, record, old->origin.authority);
    }
}

static struct draw_item *add_act(struct draw *draw, const struct act *act, const struct draw_item *like)
{
    struct draw_item *item = vec_push(draw->arena, &draw->out.items);
    char text[UUID_TEXT_SIZE];
    *item = *like;
    item->record.kind = RECORD_ACT;
    item->record.broker_ms = draw->now;
    item->record.act = act;
    item->record.bytes = str_copy(draw->arena, str_of(uuid_format(act->id, text)));
    place_origin(draw, &item->record, act->authority);
    return item;
}

static void draw_record(struct draw *draw)
{
    unsigned byte = next(draw);
    struct draw_item *item = arena_new(draw->arena, struct draw_item);
    struct journal_record *record = &item->record;
    item->flush = byte & 1;
    draw->now += steps[byte >> 4];
    *record = (struct journal_record){.kind = RECORD_TICK, .broker_ms = draw->now};
    unsigned what = byte >> 1 & 7;
    if (what == 7) {
        unsigned how = next(draw) % 8;
        if (how >= 1 && how <= 3) {
            draw_again(draw, record, how);
        } else if (how == 4) {
            record->kind = RECORD_REFUSAL;
            record->refusal.reason = REASON_FORM_UNREADABLE;
            place_origin(draw, record, pick(draw, authorities, COUNT(authorities)));
        } else if (how == 5) {
            record->stamp_ms = draw->now - DAY_MS;
            record->broker_ms += 2 * DAY_MS;
        } else if (how == 6) {
            record->kind = RECORD_FOREIGN;
        } else if (how == 7) {
            record->kind = RECORD_CONTROL;
            record->control.live = true;
        }
    } else {
        struct journal_record *added = &add_act(draw, draw_act(draw), item)->record;
        int64_t *offset = &draw->offset[topic_of(added->act->authority)];
        if (what == 6 && next(draw) % 8 == 1) { /* a gap */
            added->origin.from += 2, added->origin.offset += 2;
            --*offset;
        }
        if (what == 5 && next(draw) % 16 == 1) { /* in another's topic */
            --*offset;
            place_origin(draw, added, pick(draw, authorities, COUNT(authorities)));
        }
        return;
    }
    *vec_push(draw->arena, &draw->out.items) = *item;
}

/* A world to begin with: level-1 codes, units below them, a scheme, heads. Else most acts would be refused or held. */
static void draw_world(struct draw *draw, unsigned size)
{
    static const struct { const char *scheme, *code, *authority; } first[] = {
        {"gov", "H26", "ROOT"},        {"gov", "H57", "ROOT"},       {"gov", "K01", "ROOT"},     {"gov", "G05", "ROOT"},
        {"gov", "H26.1", "H26"},       {"gov", "H57.1", "H57"},      {"gov", "H26.2", "H26"},    {"gov", "H26.1.A", "H26"},
        {"gov", "H26.1.B", "H26"},     {"gov", "H57.1.A", "H57"},    {"gov", "K01.1", "K01"},    {"gov", "H26.1.A.1", "H26"},
        {"abc", "A1", "K01"},          {"abc", "A2", "K01"},         {"enterprise", "0100109106", "G05"},
        {"enterprise", "0100109106-001", "G05"}, {"gov", "K01.1.A", "K01"}, {"gov", "H57.2", "H57"}};
    for (size_t i = 0; i < COUNT(first) && i < size; i++) {
        struct act *act = arena_new(draw->arena, struct act);
        act->scheme = str_of(first[i].scheme);
        act->authority = str_of(first[i].authority);
        act->kind = ACT_ESTABLISHED;
        if (str_equal(str_of(first[i].code), STR("A1"))) { /* its scheme first, in its place */
            act->kind = ACT_SCHEME_REGISTERED;
            body_of_scheme(draw, act);
            act->body.scheme_registered.issuer = STR("K01");
            act->body.scheme_registered.count = 2;
            act->body.scheme_registered.amends = false;
        } else {
            act->body.established.code = str_of(first[i].code);
            act->body.established.info.field[INFO_NAME] = str_of(names[i % 3]);
            act->body.established.info.field[INFO_ADDRESS] = STR("Huế");
            act->body.established.info.field[INFO_TYPE] = STR("unit");
            act->body.established.info.field[INFO_LEGACY_CODE] = i % 5 == 1 ? str_of(legacies[0]) : STR_NONE;
        }
        act->effective_on = act->happened_on = date_of(draw->now) - 60;
        act->decision = (struct decision_doc){
            .given = true, .number = STR("1/QĐ"), .issued_by = STR("UBND"), .issued_on = date_of(draw->now) - 60};
        act->id.byte[15] = (uint8_t)draw->ids++;
        add_act(draw, act, &(struct draw_item){.flush = size & 1});
    }
}

struct drawn draw_journal(struct arena *arena, const uint8_t *data, size_t size, size_t limit)
{
    struct draw draw = {.arena = arena, .data = data, .size = size, .wide = limit > DRAW_SHORT, .now = date_start(20260) + 36000000};
    struct draw_item *genesis = vec_push(arena, &draw.out.items);
    *genesis = (struct draw_item){.record = {.kind = RECORD_GENESIS, .broker_ms = draw.now}};
    genesis->record.genesis.epoch = 1;
    draw_world(&draw, next(&draw) % 24);
    while (draw.at < size && draw.out.items.count < limit)
        draw_record(&draw);
    return draw.out;
}
