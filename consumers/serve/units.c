#include <stdlib.h>

#include "base/map.h"
#include "codec/json_change.h"
#include "core/code.h"
#include "engine/read.h"
#include "lookup.h"

/* GET /v1/organizations/{code}/children and /tree: the units below a code, those included that a merger left under the
 * code of a predecessor. */

static const struct str status_words = STR("open, closed, all");
enum { CHILDREN_MAX = 1000, NODES_MAX = 5000, DEPTH_MAX = 6, BELOW = 35 /* column of units.sql */ };

static PGresult *ask_units(struct work *work, struct pg_array *asked, int status, struct str behind, int limit)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_array(&params, asked);
    if (status)
        pg_param_int4(&params, status);
    else
        pg_param_null(&params);
    pg_param_text(&params, behind);
    pg_param_int4(&params, limit);
    return work_ask(work, "units", &params);
}

PGresult *units_ask(struct work *work, struct str key, int status, struct str behind, int limit)
{
    struct pg_array asked = pg_array_open(work->arena, PG_TEXT);
    pg_array_text(&asked, key);
    return ask_units(work, &asked, status, behind, limit);
}

const struct code *units_read(struct work *work, const PGresult *result, int row)
{
    return read_code(result, row, 2, work->arena);
}

bool units_has(const PGresult *result, int row)
{
    return pg_bool(result, row, BELOW);
}

/* ---- children ---------------------------------------------------------------------------------------------------- */

static void write_child(struct work *work, const PGresult *result, int row, struct writer *w)
{
    const struct code *unit = units_read(work, result, row);
    struct str asked = pg_text(result, row, 0), under = pg_text(result, row, 1);
    writer_object(w);
    writer_key(w, STR("hasUnits"));
    writer_bool(w, pg_bool(result, row, BELOW));
    writer_key(w, STR("record"));
    record_write(w, unit, &unit->now, unit->version);
    if (!str_equal(asked, under)) {
        writer_key(w, STR("under"));
        writer_str(w, under);
    }
    writer_object_end(w);
}

static void answer_children(struct work *work, const struct code *code, const PGresult *result, int limit)
{
    struct writer w;
    int rows = PQntuples(result), shown = rows > limit ? limit : rows;
    writer_open(&w, work->arena, 8192);
    writer_object(&w);
    writer_key(&w, STR("children"));
    writer_array(&w);
    for (int row = 0; row < shown; row++)
        write_child(work, result, row, &w);
    writer_array_end(&w);
    writer_key(&w, STR("code"));
    writer_str(&w, code->key);
    if (rows > shown) {
        writer_key(&w, STR("next"));
        writer_str(&w, pg_text(result, shown - 1, 2));
    }
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}

void lookup_children(struct work *work)
{
    struct code *code;
    int status;
    long long limit;
    struct str cursor = uri_parameter(&work->request->uri, STR("cursor"));
    if (!work_begin(work) || !work_status(work, status_words, CODE_OPEN, &status) ||
        !work_number(work, STR("limit"), 100, 1, CHILDREN_MAX, &limit) || !lookup_issued(work, &code))
        return;
    PGresult *result = units_ask(work, code->key, status, str_given(cursor) ? cursor : STR(""), (int)limit + 1);
    if (!result)
        return;
    answer_children(work, code, result, (int)limit);
    PQclear(result);
}

/* ---- tree -------------------------------------------------------------------------------------------------------- */

struct node {
    struct code *code;
    struct str under; /* absent: its own parent's place in the tree */
    bool has_units;
    struct node *first, *last, *next;
};

struct tree {
    struct work *work;
    struct node *root;
    VEC(struct node *) level; /* nodes whose units are asked for next */
    struct map shown;         /* every code in the tree */
    int nodes, status;
    bool cut; /* there were more than NODES_MAX */
};

static struct node *parent_in(struct tree *tree, struct str key)
{
    for (size_t low = 0, high = tree->level.count; low < high;) { /* the level stands in the order of its codes */
        size_t middle = (low + high) / 2;
        int order = str_compare(tree->level.item[middle]->code->key, key);
        if (order == 0)
            return tree->level.item[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int by_code(const void *a, const void *b)
{
    return str_compare((*(struct node *const *)a)->code->key, (*(struct node *const *)b)->code->key);
}

/* Of the rows of one unit, which begin at `row` and end at *end: where it stands. A unit that was kept under a closed
 * code is a unit of that code and of its heir; when both are asked for, it is shown under its own parent. */
static int best_row(const PGresult *result, int row, int *end)
{
    struct str code = pg_text(result, row, 2);
    int best = row;
    for (*end = row + 1; *end < PQntuples(result) && str_equal(pg_text(result, *end, 2), code); ++*end) {
        bool own = str_equal(pg_text(result, *end, 0), pg_text(result, *end, 1));
        if (own || (!str_equal(pg_text(result, best, 0), pg_text(result, best, 1)) &&
                       str_compare(pg_text(result, *end, 0), pg_text(result, best, 0)) < 0))
            best = *end;
    }
    return best;
}

/* A row's unit as a node of the tree. */
static struct node *add_node(struct tree *tree, struct node *parent, const PGresult *result, int row)
{
    struct arena *arena = tree->work->arena;
    struct node *node = arena_new(arena, struct node);
    node->code = read_code(result, row, 2, arena);
    node->has_units = pg_bool(result, row, BELOW);
    if (!str_equal(pg_text(result, row, 0), pg_text(result, row, 1)))
        node->under = str_copy(arena, pg_text(result, row, 1));
    *(parent->last ? &parent->last->next : &parent->first) = node;
    parent->last = node;
    tree->nodes++;
    *map_put(arena, &tree->shown, node->code->key) = node;
    return node;
}

/* The units of all nodes of the level, which become the level. */
static bool grow(struct tree *tree)
{
    struct work *work = tree->work;
    struct pg_array asked = pg_array_open(work->arena, PG_TEXT);
    for (size_t i = 0; i < tree->level.count; i++)
        pg_array_text(&asked, tree->level.item[i]->code->key);
    int room = NODES_MAX - tree->nodes;
    PGresult *result = ask_units(work, &asked, tree->status, STR(""), room + 1);
    if (!result)
        return false;
    VEC(struct node *) next = {0};
    for (int row = 0, end; row < PQntuples(result); row = end) {
        int best = best_row(result, row, &end);
        struct node *parent = parent_in(tree, pg_text(result, best, 0));
        if (tree->nodes == NODES_MAX || !parent)
            break;
        if (!map_get(&tree->shown, pg_text(result, best, 2)))
            *vec_push(work->arena, &next) = add_node(tree, parent, result, best);
    }
    tree->cut = PQntuples(result) > room;
    PQclear(result);
    if (next.count)
        qsort(next.item, next.count, sizeof *next.item, by_code);
    tree->level.item = next.item;
    tree->level.count = next.count;
    return true;
}

static void write_node(struct writer *w, const struct node *node)
{
    const struct record *record = &node->code->now;
    writer_object(w);
    writer_key(w, STR("code"));
    writer_str(w, node->code->key);
    writer_key(w, STR("hasUnits"));
    writer_bool(w, node->has_units || node->first);
    writer_key(w, STR("level"));
    writer_int(w, node->code->level);
    writer_key(w, STR("name"));
    writer_str(w, str_given(record->values.info.field[INFO_NAME]) ? record->values.info.field[INFO_NAME] : STR(""));
    writer_key(w, STR("status"));
    writer_str(w, record->status == CODE_OPEN ? STR("open") : STR("closed"));
    if (str_given(node->under)) {
        writer_key(w, STR("under"));
        writer_str(w, node->under);
    }
    if (node->first) {
        writer_key(w, STR("units"));
        writer_array(w);
        for (const struct node *unit = node->first; unit; unit = unit->next)
            write_node(w, unit);
        writer_array_end(w);
    }
    writer_object_end(w);
}

void lookup_tree(struct work *work)
{
    struct tree tree = {.work = work};
    struct writer w;
    long long depth;
    tree.root = arena_new(work->arena, struct node);
    if (!work_begin(work) || !work_status(work, status_words, CODE_OPEN, &tree.status) ||
        !work_number(work, STR("depth"), 3, 1, DEPTH_MAX, &depth) || !lookup_issued(work, &tree.root->code))
        return;
    *vec_push(work->arena, &tree.level) = tree.root;
    *map_put(work->arena, &tree.shown, tree.root->code->key) = tree.root;
    for (long long i = 0; i < depth && tree.level.count && !tree.cut; i++)
        if (!grow(&tree))
            return;
    writer_open(&w, work->arena, 16384);
    writer_object(&w);
    writer_key(&w, STR("cut"));
    writer_bool(&w, tree.cut);
    writer_key(&w, STR("tree"));
    write_node(&w, tree.root);
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}
