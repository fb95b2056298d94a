#include "dmdc.h"

#include "codec/json_change.h"
#include "codec/json_writer.h"

enum { ROWS_MAX = 10000 };

/* Fields behind MaDinhDanhCapN, in the catalogue's order. */
static const struct {
    struct str name, title;
} fields[] = {
    {STR("TenDonVi"), STR("Tên đơn vị")},
    {STR("DiaChi"), STR("Địa chỉ")},
    {STR("Email"), STR("Thư điện tử")},
    {STR("SoDienThoai"), STR("Số điện thoại")},
    {STR("Fax"), STR("Fax")},
    {STR("Website"), STR("Trang thông tin điện tử")},
    {STR("QdBanHanhQdSuaDoi"), STR("Số quyết định ban hành, sửa đổi")},
    {STR("NgayBanHanhQd"), STR("Ngày ban hành quyết định (dd/MM/yyyy)")},
    {STR("CoQuanBanHanhQd"), STR("Cơ quan ban hành quyết định")},
};

/* "qlvanbandieuhanhcap2" is level 2. False: a problem is answered. */
static bool read_level(struct work *work, int *out)
{
    static const struct str name = STR("qlvanbandieuhanhcap");
    struct str asked = work->request->argument[0];
    *out = asked.len == name.len + 1 && str_starts(asked, name) ? asked.data[name.len] - '0' : 0;
    if (*out >= 1 && *out <= 4)
        return true;
    work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
    return false;
}

static void answer(struct work *work, struct str body)
{
    work->response->status = MHD_HTTP_OK;
    work->response->type = "application/json";
    work->response->body = work->response->identity = body;
}

static void write_field(struct writer *w, struct str name, struct str title)
{
    writer_object(w);
    writer_key(w, STR("name"));
    writer_str(w, name);
    writer_key(w, STR("title"));
    writer_str(w, title);
    writer_key(w, STR("type"));
    writer_str(w, STR("string"));
    writer_object_end(w);
}

void dmdc_metadata(struct work *work)
{
    struct writer w;
    int level;
    if (!read_level(work, &level))
        return;
    writer_open(&w, work->arena, 1024);
    writer_array(&w);
    write_field(&w, str_format(work->arena, "MaDinhDanhCap%d", level),
        str_format(work->arena, "Mã định danh đơn vị cấp %d", level));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        write_field(&w, fields[i].name, fields[i].title);
    writer_array_end(&w);
    answer(work, writer_text(&w));
}

static void answer_rows(struct work *work, const PGresult *result, int limit)
{
    struct writer w;
    int rows = PQntuples(result), shown = rows > limit ? limit : rows;
    writer_open(&w, work->arena, 256 * (size_t)shown + 64);
    writer_array(&w);
    for (int row = 0; row < shown; row++)
        writer_raw(&w, pg_text(result, row, 1));
    writer_array_end(&w);
    answer(work, writer_text(&w));
    if (rows > shown)
        response_header(work->response, "Link",
            str_format(work->arena, "<%.*s?cursor=%.*s&limit=%d>; rel=\"next\"", STR_ARG(work->request->uri.path),
                STR_ARG(pg_text(result, shown - 1, 0)), limit)
                .data);
}

void dmdc_category(struct work *work)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct str cursor = uri_parameter(&work->request->uri, STR("cursor"));
    int level;
    long long limit;
    if (!read_level(work, &level) || !work_begin(work) ||
        !work_number(work, STR("limit"), ROWS_MAX, 1, ROWS_MAX, &limit))
        return;
    pg_param_int4(&params, level);
    pg_param_text(&params, str_given(cursor) ? cursor : STR(""));
    pg_param_int4(&params, (int32_t)limit + 1);
    PGresult *result = work_ask(work, "dmdc", &params);
    if (!result)
        return;
    answer_rows(work, result, (int)limit);
    PQclear(result);
    char id[CHANGE_ID_SIZE]; /* the catalogue's own shape has no place for it */
    change_id_format(work->fresh.epoch, work->fresh.sequence, id);
    response_header(work->response, "Feed-Next", str_copy(work->arena, str_of(id)).data);
}
