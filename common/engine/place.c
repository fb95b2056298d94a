#include "engine/place.h"

void place_read(const PGresult *result, struct journal_place *out)
{
    out->place = (struct place){
        .born = pg_bool(result, 0, 0),
        .registry_id = pg_uuid(result, 0, 1),
        .epoch = pg_int4(result, 0, 2),
        .mode = (enum journal_mode)pg_int2(result, 0, 3),
        .rules_version = pg_int4(result, 0, 4),
        .record = pg_int8(result, 0, 5),
        .step = pg_int4(result, 0, 6),
        .decided = pg_bool(result, 0, 7),
        .time = pg_int8(result, 0, 8),
        .sequence = pg_int8(result, 0, 9),
        .receipt = pg_int8(result, 0, 10),
    };
    out->change_head = pg_sha256(result, 0, 11); /* NULL reads as 32 zeros, where a chain begins */
    out->receipt_head = pg_sha256(result, 0, 12);
    out->next_offset = pg_int8(result, 0, 13);
    out->last_offset = pg_is_null(result, 0, 14) ? -1 : pg_int8(result, 0, 14);
    out->last_digest = pg_sha256(result, 0, 15);
}

static void param_digest(struct pg_params *params, struct sha256 digest, bool given)
{
    if (given)
        pg_param_bytes(params, arena_copy(params->arena, digest.byte, sizeof digest.byte), sizeof digest.byte);
    else
        pg_param_null(params);
}

void place_params(struct pg_params *params, const struct journal_place *to)
{
    const struct place *place = &to->place;
    pg_param_bool(params, place->born);
    pg_param_uuid(params, place->registry_id);
    pg_param_int4(params, place->epoch);
    pg_param_int4(params, (int32_t)place->mode);
    pg_param_int4(params, place->rules_version);
    pg_param_int8(params, place->record);
    pg_param_int4(params, place->step);
    pg_param_bool(params, place->decided);
    pg_param_int8(params, place->time);
    pg_param_int8(params, place->sequence);
    pg_param_int8(params, place->receipt);
    param_digest(params, to->change_head, place->sequence > 0);
    param_digest(params, to->receipt_head, place->receipt > 0);
    pg_param_int8(params, to->next_offset);
    if (to->last_offset >= 0)
        pg_param_int8(params, to->last_offset);
    else
        pg_param_null(params);
    param_digest(params, to->last_digest, to->last_offset >= 0);
}
