#include "snapshots.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve.h"

enum { MANIFEST_MAX = 4096, PATH_SIZE = 512 };

static bool is_id(struct str text)
{
    int epoch;
    int64_t sequence;
    return change_id_parse(text, &epoch, &sequence);
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct snapshot_entry *)b)->id, ((const struct snapshot_entry *)a)->id);
}

void snapshots_list(const char *folder, struct snapshot_list *out)
{
    static const char ending[] = ".json";
    const struct dirent *entry;
    *out = (struct snapshot_list){0};
    DIR *files = folder ? opendir(folder) : NULL;
    while (files && (entry = readdir(files)) && out->count < SNAPSHOTS_SHOWN) {
        struct str name = str_of(entry->d_name);
        struct stat about;
        if (name.len <= sizeof ending)
            continue;
        struct str id = {name.data, name.len - (sizeof ending - 1)};
        if (!str_equal((struct str){name.data + id.len, sizeof ending - 1}, STR(".json")) || !is_id(id) ||
            fstatat(dirfd(files), entry->d_name, &about, 0) != 0)
            continue;
        struct snapshot_entry *item = &out->item[out->count++];
        snprintf(item->id, sizeof item->id, "%.*s", STR_ARG(id));
        item->made = about.st_mtime;
    }
    if (files)
        closedir(files);
    qsort(out->item, (size_t)out->count, sizeof *out->item, newest_first);
}

static const char *path_of(struct work *work, const char *id, const char *ending)
{
    return str_format(work->arena, "%s/%s.%s", work->serve->options->snapshots, id, ending).data;
}

/* The manifest's text; absent: it is gone. */
static struct str manifest(struct work *work, const char *id)
{
    char *text = arena_alloc(work->arena, MANIFEST_MAX);
    int fd = open(path_of(work, id, "json"), O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, MANIFEST_MAX);
    if (fd >= 0)
        close(fd);
    return size > 0 && size < MANIFEST_MAX ? (struct str){text, (size_t)size} : STR_NONE;
}

static void answer_json(struct work *work, struct str body)
{
    work->response->status = MHD_HTTP_OK;
    work->response->type = "application/json";
    work->response->body = work->response->identity = body;
}

void serve_snapshots(struct work *work)
{
    struct snapshot_list list;
    struct writer w;
    snapshots_list(work->serve->options->snapshots, &list);
    writer_open(&w, work->arena, 4096);
    writer_object(&w);
    writer_key(&w, STR("snapshots"));
    writer_array(&w);
    for (int i = 0; i < list.count; i++) {
        struct str text = manifest(work, list.item[i].id);
        if (str_given(text))
            writer_raw(&w, text);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    answer_json(work, writer_text(&w));
}

/* One of the snapshots there are; NULL: a problem is answered. */
static const char *find(struct work *work)
{
    struct snapshot_list list;
    struct str asked = work->request->argument[0];
    snapshots_list(work->serve->options->snapshots, &list);
    bool latest = str_equal(asked, STR("latest"));
    for (int i = 0; i < list.count; i++)
        if (latest || str_equal(asked, str_of(list.item[i].id)))
            return str_copy(work->arena, str_of(list.item[i].id)).data;
    work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
    if (latest)
        response_header(work->response, "Retry-After", "10");
    return NULL;
}

/* The file as a whole, or the part of it that a Range asks for: a download that broke off goes on. */
static void answer_file(struct work *work, const char *id, const char *format, const char *type)
{
    struct response *r = work->response;
    const struct str *header = work->request->header;
    struct stat about;
    int fd = -1;
    if (http_accepts(header[HEADER_ACCEPT_ENCODING], "gzip"))
        fd = open(path_of(work, id, str_format(work->arena, "%s.gz", format).data), O_RDONLY | O_CLOEXEC);
    bool zipped = fd >= 0; /* it follows the plain one after a while */
    if (!zipped)
        fd = open(path_of(work, id, format), O_RDONLY | O_CLOEXEC);
    const char *tag = str_format(work->arena, "\"%s-%s%s\"", id, format, zipped ? "-gz" : "").data;
    if (fd < 0 || fstat(fd, &about) != 0) {
        if (fd >= 0)
            close(fd);
        work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
        return;
    }
    int64_t offset = 0, length = about.st_size;
    bool same = !str_given(header[HEADER_IF_RANGE]) || str_equal(header[HEADER_IF_RANGE], str_of(tag));
    int range = same ? http_range(header[HEADER_RANGE], about.st_size, &offset, &length) : 0;
    if (range < 0) {
        close(fd);
        work_problem(work, PROBLEM_RANGE, STR_NONE, str_format(work->arena, "%lld", (long long)about.st_size));
        response_header(r, "Content-Range", str_format(work->arena, "bytes */%lld", (long long)about.st_size).data);
        return;
    }
    r->status = range ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK;
    r->type = type;
    r->file = fd;
    r->offset = offset;
    r->length = length;
    r->tag = tag;
    r->cache = "public, max-age=86400, immutable";
    response_header(r, "Accept-Ranges", "bytes");
    response_header(r, "Feed-Next", id);
    response_header(r, "Content-Location", str_format(work->arena, "/v1/snapshots/%s?format=%s", id, format).data);
    response_header(
        r, "Content-Disposition", str_format(work->arena, "attachment; filename=\"orgcode-%s.%s\"", id, format).data);
    if (zipped)
        response_header(r, "Content-Encoding", "gzip");
    if (range)
        response_header(r, "Content-Range",
            str_format(work->arena, "bytes %lld-%lld/%lld", (long long)offset, (long long)(offset + length - 1),
                (long long)about.st_size)
                .data);
    if (str_equal(work->request->argument[0], STR("latest")))
        r->cache = "no-cache";
}

void serve_snapshot(struct work *work)
{
    struct str format = uri_parameter(&work->request->uri, STR("format"));
    struct str accept = work->request->header[HEADER_ACCEPT];
    const char *id = find(work);
    if (!id)
        return;
    if (!str_given(format))
        format = http_accepts(accept, "text/csv")           ? STR("csv")
                 : http_accepts(accept, "application/json") ? STR("json")
                                                            : STR("ndjson");
    if (str_equal(format, STR("json"))) {
        struct str text = manifest(work, id);
        if (str_given(text))
            answer_json(work, text);
        else
            work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
    } else if (str_equal(format, STR("csv"))) {
        answer_file(work, id, "csv", "text/csv; charset=utf-8; header=present");
    } else if (str_equal(format, STR("ndjson"))) {
        answer_file(work, id, "ndjson", "application/x-ndjson");
    } else {
        work_problem(work, PROBLEM_PARAMETER, STR("format"), STR("ndjson, csv, json"));
    }
}
