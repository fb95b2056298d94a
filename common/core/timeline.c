#include "core/timeline.h"

#include "core/seek.h"

/* ---- folding ---------------------------------------------------------------------------------------------------- */

static void apply_fact(struct record *record, const struct fact *fact)
{
    if (fact->op & FACT_ISSUE) {
        record->status = CODE_OPEN;
        record->issued_on = fact->valid_from;
        record->closed_on = DATE_NONE;
    }
    if (fact->op & (FACT_ISSUE | FACT_CARRY))
        record->organization_id = fact->organization_id;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (fact->mask >> field & 1)
            record->values.info.field[field] = fact->given.info.field[field];
    if (fact->mask & MASK_DECISION)
        record->values.decision = fact->given.decision;
    if (fact->op & FACT_CLOSE) {
        record->status = CODE_CLOSED;
        record->closed_on = fact->valid_from;
    }
    if (fact->op & FACT_VOID) {
        record->status = CODE_CLOSED;
        record->closed_on = record->issued_on;
    }
}

static int successor_order(const struct successor *a, const struct successor *b)
{
    if (a->on != b->on)
        return a->on < b->on ? -1 : 1;
    return str_compare(a->code, b->code);
}

/* Records share their lists: a list is copied before the first change of a write (room for 0). */
static void add_successor(struct arena *arena, struct edge_list *list, struct successor item, int *room)
{
    list->total++;
    if (list->count == EDGES_SHOWN && successor_order(&item, &list->item[list->count - 1]) >= 0)
        return;
    if (*room < EDGES_SHOWN && list->count >= *room) {
        *room = 2 * list->count + 2 < EDGES_SHOWN ? 2 * list->count + 2 : EDGES_SHOWN;
        struct successor *copy = arena_array(arena, struct successor, *room);
        for (int i = 0; i < list->count; i++)
            copy[i] = list->item[i];
        list->item = copy;
    }
    int at = list->count < EDGES_SHOWN ? list->count++ : EDGES_SHOWN - 1;
    while (at > 0 && successor_order(&item, &list->item[at - 1]) < 0) {
        list->item[at] = list->item[at - 1];
        at--;
    }
    list->item[at] = item;
}

struct edge_owner {
    int predecessors, successors; /* room in lists that are the write's own */
};

static void apply_edge(struct arena *arena, struct record *record, struct str key, const struct edge *edge,
                       struct edge_owner *owner)
{
    if (str_equal(edge->to, key))
        add_successor(arena, &record->predecessors, (struct successor){edge->from, edge->on, edge->continues},
                      &owner->predecessors);
    if (str_equal(edge->from, key))
        add_successor(arena, &record->successors, (struct successor){edge->to, edge->on, edge->continues},
                      &owner->successors);
}

/* The records at the end of each of the (ascending) dates; NULL where the code was not granted yet. */
static const struct record **fold(struct arena *arena, const struct code *code, const date_day *date, size_t dates)
{
    const struct record **out = arena_array(arena, const struct record *, dates);
    struct record running = {.closed_on = DATE_NONE, .issued_on = DATE_NONE};
    const struct record *last = NULL;
    size_t fact = 0, edge = 0;
    for (size_t i = 0; i < dates; i++) {
        bool moved = false;
        struct edge_owner owner = {0};
        for (; fact < code->facts.count && code->facts.item[fact].valid_from <= date[i]; fact++, moved = true)
            apply_fact(&running, &code->facts.item[fact]);
        for (; edge < code->edges.count && code->edges.item[edge].on <= date[i]; edge++, moved = true)
            apply_edge(arena, &running, code->key, &code->edges.item[edge], &owner);
        if (moved && running.status != CODE_NAMED) {
            struct record *copy = arena_new(arena, struct record);
            *copy = running;
            last = copy;
        }
        out[i] = last;
    }
    return out;
}

const struct record *timeline_record(struct registry *registry, struct code *code, date_day date)
{
    if (!code_granted(code))
        return NULL;
    if (date >= code->valid_from)
        return &code->now;
    return fold(registry->arena, code, &date, 1)[0];
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

static bool lists_equal(const struct edge_list *a, const struct edge_list *b)
{
    if (a->total != b->total || a->count != b->count)
        return false;
    for (int i = 0; a->item != b->item && i < a->count; i++)
        if (successor_order(&a->item[i], &b->item[i]) != 0 || a->item[i].continues != b->item[i].continues)
            return false;
    return true;
}

static bool decisions_equal(const struct decision_doc *a, const struct decision_doc *b)
{
    if (a->given != b->given || !a->given)
        return a->given == b->given;
    return a->issued_on == b->issued_on && str_equal(a->number, b->number) && str_equal(a->issued_by, b->issued_by) &&
           str_equal(a->title, b->title) && str_equal(a->uri, b->uri) && str_equal(a->sha256, b->sha256);
}

static bool records_equal(const struct record *a, const struct record *b)
{
    if (a == b || !a || !b)
        return a == b;
    if (a->status != b->status || a->issued_on != b->issued_on || a->closed_on != b->closed_on ||
        !uuid_equal(a->organization_id, b->organization_id) ||
        !decisions_equal(&a->values.decision, &b->values.decision))
        return false;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (!str_equal(a->values.info.field[field], b->values.info.field[field]))
            return false;
    return lists_equal(&a->predecessors, &b->predecessors) && lists_equal(&a->successors, &b->successors);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void push_version(struct registry *registry, const struct code *code, date_day valid_from, int64_t sequence,
                         const struct fact *fact, const struct record *record)
{
    *vec_push(registry->arena, &registry->out.versions) =
        (struct version_row){code->key, valid_from, sequence, fact, record, code->version};
}

/* Facts stand in the order (valid_from, rank, sequence), edges in (on, other end). */
static struct fact *insert_fact(struct arena *arena, struct code *code, const struct fact *fact)
{
    (void)vec_push(arena, &code->facts);
    size_t at = code->facts.count - 1;
    for (; at > 0; at--) {
        const struct fact *other = &code->facts.item[at - 1];
        if (other->valid_from < fact->valid_from ||
            (other->valid_from == fact->valid_from &&
             (other->rank < fact->rank || (other->rank == fact->rank && other->sequence <= fact->sequence))))
            break;
        code->facts.item[at] = *other;
    }
    code->facts.item[at] = *fact;
    return &code->facts.item[at];
}

static void insert_edge(struct arena *arena, struct code *code, const struct edge *edge)
{
    (void)vec_push(arena, &code->edges);
    size_t at = code->edges.count - 1;
    for (; at > 0 && code->edges.item[at - 1].on > edge->on; at--)
        code->edges.item[at] = code->edges.item[at - 1];
    code->edges.item[at] = *edge;
}

/* The code's own columns, from its facts. valid_from never falls: rows of undone facts still stand at their days. */
static void summarize(struct code *code)
{
    code->structural_on = DATE_NONE;
    code->heir = STR_NONE;
    for (size_t i = 0; i < code->facts.count; i++) {
        const struct fact *fact = &code->facts.item[i];
        if (fact->op & (FACT_ISSUE | FACT_CARRY | FACT_CLOSE | FACT_VOID) && fact->valid_from > code->structural_on)
            code->structural_on = fact->valid_from;
        if (fact->op & FACT_CLOSE)
            code->heir = fact->heir;
        if (fact->valid_from > code->valid_from)
            code->valid_from = fact->valid_from;
    }
    code->dirty = true;
}

/* At the end of the axis: the current record is all that is needed. */
static void add_last(struct registry *registry, struct code *code, const struct fact *fact, const struct edge *edge,
                     size_t edges, struct written *out)
{
    struct arena *arena = registry->arena;
    struct record *before = NULL, *after = arena_new(arena, struct record);
    if (code_granted(code)) {
        before = arena_new(arena, struct record);
        *before = code->now;
    }
    struct edge_owner owner = {0};
    apply_fact(&code->now, fact);
    for (size_t i = 0; i < edges; i++)
        apply_edge(arena, &code->now, code->key, &edge[i], &owner);
    *after = code->now;
    if (fact->op & (FACT_ISSUE | FACT_CARRY | FACT_CLOSE))
        code->structural_on = fact->valid_from;
    if (fact->op & FACT_CLOSE)
        code->heir = fact->heir;
    code->valid_from = fact->valid_from;
    code->dirty = true;
    const struct fact *kept = insert_fact(arena, code, fact);
    (void)kept; /* may move with the list: the row keeps a copy of its own */
    for (size_t i = 0; i < edges; i++)
        insert_edge(arena, code, &edge[i]);
    struct fact *copy = arena_new(arena, struct fact);
    *copy = *fact;
    push_version(registry, code, fact->valid_from, fact->sequence, copy, after);
    out->before = before;
    out->after = after;
    out->period = arena_new(arena, struct period);
    *out->period = (struct period){fact->valid_from, DATE_NONE, before, after};
    out->periods = records_equal(before, after) ? 0 : 1;
}

/* `first` and the distinct days of later facts, ascending: what is written on a day changes none before it. Facts are in order
 * of valid_from. */
static size_t days_from(struct arena *arena, const struct code *code, date_day first, date_day **out)
{
    date_day *date = arena_array(arena, date_day, code->facts.count + 1);
    size_t dates = 0;
    date[dates++] = first;
    for (size_t i = 0; i < code->facts.count; i++)
        if (code->facts.item[i].valid_from > date[dates - 1])
            date[dates++] = code->facts.item[i].valid_from;
    *out = date;
    return dates;
}

/* Rows and periods for what differs between two folds over the same days. `fact` is written at `day` in any case. */
static void write_differences(struct registry *registry, struct code *code, const date_day *date, size_t dates,
                              const struct record **before, const struct record **after, const struct fact *fact,
                              struct written *out)
{
    out->period = arena_array(registry->arena, struct period, dates);
    out->periods = 0;
    for (size_t i = 0; i < dates; i++) {
        bool differs = !records_equal(before[i], after[i]);
        bool own = date[i] == fact->valid_from;
        if (own || differs)
            push_version(registry, code, date[i], fact->sequence, own ? fact : NULL, after[i]);
        if (!differs)
            continue;
        date_day to = i + 1 < dates ? date[i + 1] : DATE_NONE;
        struct period *last = out->periods ? &out->period[out->periods - 1] : NULL;
        if (last && last->to == date[i] && records_equal(last->before, before[i]) && records_equal(last->after, after[i]))
            last->to = to; /* a day of which nothing is left but the row */
        else
            out->period[out->periods++] = (struct period){date[i], to, before[i], after[i]};
    }
    out->before = before[dates - 1];
    out->after = after[dates - 1];
    code->now = *after[dates - 1];
    summarize(code);
}

void timeline_add(struct registry *registry, struct code *code, const struct fact *fact, const struct edge *edge,
                  size_t edges, struct written *out)
{
    if (!code_granted(code) || fact->valid_from > code->valid_from ||
        (fact->valid_from == code->valid_from && fact->rank == fact->sequence)) {
        add_last(registry, code, fact, edge, edges, out);
        return;
    }
    struct arena *arena = registry->arena;
    date_day *date;
    size_t dates = days_from(arena, code, fact->valid_from, &date);
    const struct record **before = fold(arena, code, date, dates);
    insert_fact(arena, code, fact);
    for (size_t i = 0; i < edges; i++)
        insert_edge(arena, code, &edge[i]);
    const struct record **after = fold(arena, code, date, dates);
    struct fact *copy = arena_new(arena, struct fact);
    *copy = *fact;
    write_differences(registry, code, date, dates, before, after, copy, out);
}

const struct fact *timeline_fact_of(const struct code *code, int64_t number)
{
    for (size_t i = 0; i < code->facts.count; i++)
        if (code->facts.item[i].act == number && code->facts.item[i].rank == code->facts.item[i].sequence)
            return &code->facts.item[i];
    return NULL;
}

void timeline_undo(struct registry *registry, struct code *code, int64_t number, int64_t act, int64_t sequence,
                   struct written *out)
{
    struct arena *arena = registry->arena;
    const struct fact *root = timeline_fact_of(code, number);
    const int64_t rank = root->rank;
    struct fact *mark = arena_new(arena, struct fact);
    *mark = (struct fact){.rank = rank,
                          .act = act,
                          .sequence = sequence,
                          .op = root->op & FACT_ISSUE ? FACT_VOID : FACT_UNDO,
                          .valid_from = root->valid_from};
    date_day *date;
    size_t dates = days_from(arena, code, mark->valid_from, &date);
    const struct record **before = fold(arena, code, date, dates);
    size_t kept = 0;
    for (size_t i = 0; i < code->facts.count; i++)
        if (mark->op == FACT_VOID || code->facts.item[i].rank != rank)
            code->facts.item[kept++] = code->facts.item[i];
    code->facts.count = kept;
    kept = 0;
    for (size_t i = 0; i < code->edges.count; i++)
        if (code->edges.item[i].act != number)
            code->edges.item[kept++] = code->edges.item[i];
    code->edges.count = kept;
    insert_fact(arena, code, mark);
    const struct record **after = fold(arena, code, date, dates);
    write_differences(registry, code, date, dates, before, after, mark, out);
}
