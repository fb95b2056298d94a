#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "codec/json_change.h"
#include "core/code.h"
#include "engine/read.h"
#include "folder.h"
#include "shell/pg.h"
#include "shell/process.h"
#include "statements.h"

enum { FORMATS = 2, PATH_SIZE = 512 };
static const char *const formats[FORMATS] = {"ndjson", "csv"};

/* One format, written as <id>.<format>.new until it is whole. Its zipped form is made from it afterwards. */
struct file {
    FILE *plain;
    struct hasher *hasher;
    int64_t size;
    bool failed; /* a write did */
    struct sha256 digest;
};

struct making {
    struct serve *serve;
    struct pg pg;
    struct arena *arena;
    const char *id; /* of the change that it stands at */
    char recorded[TIME_TEXT_SIZE], head[SHA256_TEXT_SIZE];
    int64_t codes;
    struct file file[FORMATS];
};

static void path_of(const struct making *m, const char *rest, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/%s.%s", m->serve->options->snapshots, m->id, rest);
}

static struct status cannot_write(const char *path, struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "snapshot", "%s: %s", path, strerror(errno));
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static struct status open_file(struct making *m, int format, struct fault *fault)
{
    char path[PATH_SIZE], rest[32];
    snprintf(rest, sizeof rest, "%s.new", formats[format]);
    path_of(m, rest, path);
    m->file[format].plain = fopen(path, "we");
    if (!m->file[format].plain)
        return cannot_write(path, fault);
    m->file[format].hasher = hasher_open();
    hasher_begin(m->file[format].hasher);
    return status_ok();
}

static void put(struct file *file, struct str text)
{
    file->failed = file->failed || fwrite(text.data, 1, text.len, file->plain) != text.len;
    hasher_add(file->hasher, text.data, text.len);
    file->size += (int64_t)text.len;
}

/* Onto the disk, then under its own name. */
static struct status settle(struct making *m, const char *rest, struct fault *fault)
{
    char from[PATH_SIZE], to[PATH_SIZE], made[40];
    snprintf(made, sizeof made, "%s.new", rest);
    path_of(m, made, from);
    path_of(m, rest, to);
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good && rename(from, to) == 0 ? status_ok() : cannot_write(to, fault);
}

static struct status close_file(struct making *m, int format, struct fault *fault)
{
    struct file *file = &m->file[format];
    bool good = fclose(file->plain) == 0 && !file->failed;
    file->plain = NULL;
    if (!good)
        return cannot_write(formats[format], fault);
    file->digest = hasher_end(file->hasher);
    return settle(m, formats[format], fault);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

typedef VEC(char) text_list;

static void add(struct making *m, text_list *out, struct str text)
{
    if (out->count + text.len > out->room) {
        out->room = 2 * (out->count + text.len) + 512;
        char *grown = arena_alloc(m->arena, out->room);
        memcpy(grown, out->item ? out->item : "", out->count);
        out->item = grown;
    }
    memcpy(out->item + out->count, text.data ? text.data : "", text.len);
    out->count += text.len;
}

/* A field as RFC 4180 has it. */
static void add_field(struct making *m, text_list *out, struct str text, bool last)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len && !quoted; i++)
        quoted = text.data[i] == '"' || text.data[i] == ',' || text.data[i] == '\r' || text.data[i] == '\n';
    if (quoted)
        add(m, out, STR("\""));
    for (const char *quote; quoted && (quote = memchr(text.data, '"', text.len));) {
        size_t len = (size_t)(quote - text.data) + 1;
        add(m, out, (struct str){text.data, len});
        add(m, out, STR("\""));
        text = (struct str){text.data + len, text.len - len};
    }
    add(m, out, text);
    if (quoted)
        add(m, out, STR("\""));
    add(m, out, last ? STR("\r\n") : STR(","));
}

static struct str codes_of(struct making *m, const struct edge_list *list)
{
    text_list out = {0};
    for (int i = 0; i < list->count; i++) {
        if (i)
            add(m, &out, STR(" "));
        add(m, &out, list->item[i].code);
    }
    return (struct str){out.item ? out.item : "", out.count};
}

static struct str day_text(struct making *m, date_day day)
{
    char text[DATE_TEXT_SIZE];
    return day == DATE_NONE ? STR("") : str_copy(m->arena, str_of(date_format(day, text)));
}

static const char csv_header[] =
    "code,scheme,status,level,parent,type,name,nameEn,shortName,address,email,phone,fax,"
    "website,legacyCode,issuedOn,closedOn,organizationId,version,predecessors,successors\r\n";

static struct str csv_row(struct making *m, const struct code *code)
{
    const struct record *r = &code->now;
    const struct str *info = r->values.info.field;
    char id[UUID_TEXT_SIZE];
    text_list out = {0};
    const struct str field[] = {code_key_code(code->key), code_key_scheme(code->key),
        r->status == CODE_OPEN ? STR("open") : STR("closed"), str_format(m->arena, "%d", code->level), code->parent,
        info[INFO_TYPE], info[INFO_NAME], info[INFO_NAME_EN], info[INFO_SHORT_NAME], info[INFO_ADDRESS],
        info[INFO_EMAIL], info[INFO_PHONE], info[INFO_FAX], info[INFO_WEBSITE], info[INFO_LEGACY_CODE],
        day_text(m, r->issued_on), day_text(m, r->closed_on), str_of(uuid_format(r->organization_id, id)),
        str_format(m->arena, "%lld", (long long)code->version), codes_of(m, &r->predecessors),
        codes_of(m, &r->successors)};
    size_t fields = sizeof field / sizeof *field;
    for (size_t i = 0; i < fields; i++)
        add_field(m, &out, field[i], i + 1 == fields);
    return (struct str){out.item, out.count};
}

/* The rows that were asked for; the next are read while these are written. */
static struct status put_rows(struct making *m, bool *more, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_answer(&m->pg, "snapshot_next", &result, fault);
    if (!status_failed(status) && PQntuples(result) > 0)
        status = pg_ask(&m->pg, "snapshot_next", NULL, fault);
    if (status_failed(status)) {
        PQclear(result);
        return status;
    }
    int rows = PQntuples(result);
    for (int row = 0; row < rows; row++) {
        const struct code *code = read_code(result, row, 0, m->arena);
        struct str record;
        record_encode(m->arena, code, &record);
        put(&m->file[0], record);
        put(&m->file[0], STR("\n"));
        put(&m->file[1], csv_row(m, code));
        m->codes++;
        if (arena_used(m->arena) > 1 << 20)
            arena_reset(m->arena);
    }
    arena_reset(m->arena);
    PQclear(result);
    *more = rows > 0;
    if (m->file[0].failed || m->file[1].failed)
        return cannot_write(m->id, fault);
    return process_stopping() ? status_fail(fault, STATUS_RETRY, "stopping", "stopped in the middle") : status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static struct status begin(struct making *m, char id[CHANGE_ID_SIZE], struct fault *fault)
{
    PGresult *result = NULL;
    struct status status =
        pg_open_wait(m->serve->options->pg.conninfo, "orgcode-serve snapshot", m->serve->log, 10000, &m->pg, fault);
    if (!status_failed(status))
        status = session_prepare(&m->pg, 0, fault);
    if (!status_failed(status))
        status = pg_exec(&m->pg, "begin transaction isolation level repeatable read read only", fault);
    if (!status_failed(status))
        status = pg_run(&m->pg, "fresh", NULL, &result, fault);
    if (status_failed(status))
        return status;
    int epoch = pg_int4(result, 0, 0);
    change_id_format(epoch, pg_int8(result, 0, 1), id);
    time_format(pg_int8(result, 0, 2), m->recorded);
    sha256_format(pg_sha256(result, 0, 3), m->head);
    PQclear(result);
    m->id = id;
    if (epoch == 0)
        return status_fail(fault, STATUS_RETRY, "unborn", "the registry has not been made yet");
    return pg_run(&m->pg, "snapshot", NULL, NULL, fault);
}

static struct status write_files(struct making *m, struct fault *fault)
{
    struct status status = status_ok();
    for (int i = 0; i < FORMATS && !status_failed(status); i++)
        status = open_file(m, i, fault);
    if (status_failed(status))
        return status;
    put(&m->file[0], str_format(m->arena, "{\"asOf\":{\"hash\":\"%s\",\"id\":\"%s\",\"recordedTime\":\"%s\"}}\n",
                         m->head, m->id, m->recorded));
    put(&m->file[1], str_of(csv_header));
    status = pg_ask(&m->pg, "snapshot_next", NULL, fault);
    for (bool more = true; more && !status_failed(status);)
        status = put_rows(m, &more, fault);
    for (int i = 0; i < FORMATS && !status_failed(status); i++)
        status = close_file(m, i, fault);
    return status;
}

/* What the files are; with it the snapshot is there. */
static struct status write_manifest(struct making *m, struct fault *fault)
{
    char path[PATH_SIZE], hex[SHA256_TEXT_SIZE];
    path_of(m, "json.new", path);
    FILE *out = fopen(path, "we");
    if (!out)
        return cannot_write(path, fault);
    fprintf(out, "{\"codes\":%lld,\"files\":[", (long long)m->codes);
    for (int i = 0; i < FORMATS; i++)
        fprintf(out, "%s{\"format\":\"%s\",\"href\":\"/v1/snapshots/%s?format=%s\",\"sha256\":\"%s\",\"size\":%lld}",
            i ? "," : "", formats[i], m->id, formats[i], sha256_format(m->file[i].digest, hex),
            (long long)m->file[i].size);
    fprintf(out, "],\"hash\":\"%s\",\"id\":\"%s\",\"recordedTime\":\"%s\"}", m->head, m->id, m->recorded);
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    struct status status = good ? settle(m, "json", fault) : cannot_write(path, fault);
    return status_failed(status) ? status : folder_settle(m->serve->options->snapshots, fault);
}

/* Has it been made before? It never changes then, whatever this program would write; but it is as good as new. */
static bool is_made(const struct making *m)
{
    char path[PATH_SIZE];
    path_of(m, "json", path);
    return utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

static void give_back(struct making *m)
{
    for (int i = 0; i < FORMATS; i++) {
        if (m->file[i].plain)
            fclose(m->file[i].plain);
        if (m->file[i].hasher)
            hasher_close(m->file[i].hasher);
    }
    pg_close(&m->pg);
    arena_close(m->arena);
}

struct status snapshot_make(struct serve *serve, char id[CHANGE_ID_SIZE], struct fault *fault)
{
    struct making m = {.serve = serve, .arena = arena_open(0)};
    time_ms begun = time_monotonic();
    struct status status = begin(&m, id, fault);
    bool made = !status_failed(status) && is_made(&m);
    if (!status_failed(status) && !made)
        status = write_files(&m, fault);
    if (!status_failed(status) && !made)
        status = write_manifest(&m, fault);
    if (!status_failed(status) && !made)
        log_info(serve->log, "snapshot made", LOG_TEXT("id", id), LOG_INT("codes", m.codes),
            LOG_INT("ms", time_monotonic() - begun));
    give_back(&m);
    return status;
}

/* ---- zipped -------------------------------------------------------------------------------------------------------
 */

static bool deflate_all(FILE *in, gzFile out)
{
    char buffer[1 << 16];
    size_t size;
    while ((size = fread(buffer, 1, sizeof buffer, in)) > 0)
        if (process_stopping() || gzwrite(out, buffer, (unsigned)size) != (int)size)
            return false;
    return !ferror(in);
}

static struct status zip(const char *from, const char *to, struct fault *fault)
{
    char made[PATH_SIZE];
    snprintf(made, sizeof made, "%s.new", to);
    FILE *in = fopen(from, "re");
    gzFile out = in ? gzopen(made, "we6") : NULL;
    bool good = out && deflate_all(in, out);
    if (out)
        good = gzclose(out) == Z_OK && good;
    if (in)
        fclose(in);
    if (process_stopping())
        return status_fail(fault, STATUS_RETRY, "stopping", "stopped in the middle");
    return good && rename(made, to) == 0 ? status_ok() : cannot_write(made, fault);
}

struct status snapshot_zip(struct serve *serve, const char *id, struct fault *fault)
{
    struct status status = status_ok();
    for (int i = 0; i < FORMATS && !status_failed(status); i++) {
        char from[PATH_SIZE - 8], to[PATH_SIZE - 4];
        snprintf(from, sizeof from, "%s/%s.%s", serve->options->snapshots, id, formats[i]);
        snprintf(to, sizeof to, "%s.gz", from);
        if (access(to, F_OK) != 0)
            status = zip(from, to, fault);
    }
    return status;
}
