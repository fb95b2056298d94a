#include "report.h"

#include <stdlib.h>
#include <unistd.h>

#include "codec/json_receipt.h"
#include "codec/json_writer.h"

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

enum language report_language(void)
{
    static const char *const variable[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variable / sizeof *variable; i++) {
        const char *value = getenv(variable[i]);
        if (value && value[0])
            return strncmp(value, "vi", 2) == 0 ? LANGUAGE_VI : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}

bool report_open(struct report *report, FILE *out, bool json, enum language language, const char *const *file)
{
    const char *plain = getenv("NO_COLOR");
    *report = (struct report){.out = out, .json = json, .language = language, .file = file};
    report->colour = !json && isatty(fileno(out)) && !(plain && plain[0]);
    report->progress = isatty(STDERR_FILENO);
    report->arena = arena_open(0);
    return report->arena != NULL;
}

void report_close(struct report *report)
{
    if (report->arena)
        arena_close(report->arena);
    report->arena = NULL;
}

static void end_progress(struct report *report)
{
    if (report->line_open)
        fputs("\r\033[K", stderr);
    report->line_open = false;
}

static const char *colour(const struct report *report, const char *code)
{
    return report->colour ? code : "";
}

static const char *name_of(const struct report *report, struct report_place place)
{
    const char *name = report->file[place.file];
    return strcmp(name, "-") == 0 ? "<stdin>" : name;
}

/* file:line: word: RULE field: message */
static void plain_line(struct report *report, struct report_place place, const char *hue, const char *word,
    struct str rule, struct str field, struct str message)
{
    fprintf(report->out, "%s:%lld: %s%s%s: %.*s %.*s%s%.*s\n", name_of(report, place), place.line, colour(report, hue),
        word, colour(report, PLAIN), STR_ARG(rule), STR_ARG(field), field.len ? ": " : "", STR_ARG(message));
}

static void plain_findings(struct report *report, struct report_place place, const char *hue, const char *word,
    const struct findings *findings)
{
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->item[i];
        plain_line(report, place, hue, word, rule_name(reason_rule(finding->reason)), finding->field,
            finding_message(report->arena, finding, report->language));
    }
    if (findings->total > findings->count)
        fprintf(report->out, "%s:%lld: %s: and %d more\n", name_of(report, place), place.line, word,
            findings->total - findings->count);
}

static void json_findings(struct writer *writer, const char *key, const struct findings *findings)
{
    if (findings->total == 0)
        return;
    writer_key(writer, str_of(key));
    writer_array(writer);
    for (int i = 0; i < findings->count; i++) {
        struct str text;
        finding_encode(writer->arena, &findings->item[i], true, &text);
        writer_raw(writer, text);
    }
    writer_array_end(writer);
}

static void print_line(struct report *report, const struct writer *writer)
{
    struct str text = writer_text(writer);
    fwrite(text.data, 1, text.len, report->out);
    fputc('\n', report->out);
}

void report_judged(struct report *report, struct report_place place, const struct act *act,
    const struct findings *faults, const struct findings *warnings)
{
    bool good = faults->total == 0;
    report->count.acts++;
    report->count.good += good;
    report->count.refused += !good;
    report->count.unread += act == NULL;
    report->count.warned += warnings->total > 0;
    if (good && warnings->total == 0)
        return;
    end_progress(report);
    if (!report->json) {
        plain_findings(report, place, RED, "refused", faults);
        plain_findings(report, place, YELLOW, "warning", warnings);
    } else {
        struct writer writer;
        writer_open(&writer, report->arena, 1024);
        writer_object(&writer);
        if (act) {
            writer_key(&writer, STR("actId"));
            writer_uuid(&writer, act->id);
            writer_key(&writer, STR("authority"));
            writer_str(&writer, act->authority);
        }
        json_findings(&writer, "faults", faults);
        writer_key(&writer, STR("file"));
        writer_str(&writer, str_of(name_of(report, place)));
        writer_key(&writer, STR("line"));
        writer_int(&writer, place.line);
        writer_key(&writer, STR("result"));
        writer_str(&writer, good ? STR("warning") : STR("refused"));
        if (!good) {
            writer_key(&writer, STR("rule"));
            writer_str(&writer, rule_name(faults->first));
        }
        json_findings(&writer, "warnings", warnings);
        writer_object_end(&writer);
        print_line(report, &writer);
    }
    arena_reset(report->arena);
}

static struct str text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR_NONE;
}

static void plain_receipt(struct report *report, struct report_place place, enum verdict verdict, const json_t *receipt)
{
    const json_t *faults = json_object_get(receipt, "faults");
    struct str word = verdict_name(verdict);
    char name[32];
    snprintf(name, sizeof name, "%.*s", STR_ARG(word));
    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *fault = json_array_get(faults, i);
        struct str message = text_of(json_object_get(fault, "message"), report->language == LANGUAGE_VI ? "vi" : "en");
        if (!str_given(message))
            message = text_of(fault, "reason");
        plain_line(report, place, RED, name, text_of(fault, "rule"), text_of(fault, "field"), message);
    }
    if (json_array_size(faults) == 0)
        plain_line(report, place, RED, name, text_of(receipt, "rule"), STR_NONE, STR(""));
}

void report_verdict(struct report *report, struct report_place place, struct str authority, struct uuid id,
    enum verdict verdict, const json_t *receipt)
{
    report->count.verdict[verdict]++;
    bool bad = verdict == VERDICT_REJECTED || verdict == VERDICT_CONFLICT;
    if (!report->json && !bad)
        return;
    end_progress(report);
    if (!report->json) {
        plain_receipt(report, place, verdict, receipt);
        return;
    }
    struct writer writer;
    writer_open(&writer, report->arena, 1024);
    char *text = json_dumps(receipt, JSON_COMPACT | JSON_SORT_KEYS);
    writer_object(&writer);
    writer_key(&writer, STR("actId"));
    writer_uuid(&writer, id);
    writer_key(&writer, STR("authority"));
    writer_str(&writer, authority);
    writer_key(&writer, STR("file"));
    writer_str(&writer, str_of(name_of(report, place)));
    writer_key(&writer, STR("line"));
    writer_int(&writer, place.line);
    if (text) {
        writer_key(&writer, STR("receipt"));
        writer_raw(&writer, str_of(text));
    }
    writer_key(&writer, STR("result"));
    writer_str(&writer, verdict_name(verdict));
    writer_object_end(&writer);
    print_line(report, &writer);
    free(text);
    arena_reset(report->arena);
}

static long long verdicts_in_all(const struct report *report)
{
    long long all = 0;
    for (int v = 0; v < VERDICTS; v++)
        all += report->count.verdict[v];
    return all;
}

void report_progress(struct report *report, long long delivered, long long waiting_verdicts)
{
    time_ms now = time_monotonic();
    if (now - report->shown < 250)
        return;
    report->shown = now;
    fflush(report->out); /* who reads a pipe sees a verdict soon after it came */
    if (!report->progress)
        return;
    fprintf(stderr, "\r\033[K%lld acts read, %lld refused, %lld delivered", report->count.acts, report->count.refused,
        delivered);
    if (waiting_verdicts >= 0)
        fprintf(stderr, ", %lld verdicts, %lld to come", verdicts_in_all(report), waiting_verdicts);
    fflush(stderr);
    report->line_open = true;
}

static void json_summary(struct report *report, bool published, const char *failed)
{
    struct writer writer;
    writer_open(&writer, report->arena, 512);
    writer_object(&writer);
    writer_key(&writer, STR("summary"));
    writer_object(&writer);
    writer_key(&writer, STR("acts"));
    writer_int(&writer, report->count.acts);
    if (published) {
        writer_key(&writer, STR("alreadyThere"));
        writer_int(&writer, report->count.present);
    }
    if (failed) {
        writer_key(&writer, STR("failed"));
        writer_str(&writer, str_of(failed));
    }
    writer_key(&writer, STR("good"));
    writer_int(&writer, report->count.good);
    writer_key(&writer, STR("refused"));
    writer_int(&writer, report->count.refused);
    if (published) {
        writer_key(&writer, STR("sent"));
        writer_int(&writer, report->count.sent);
    }
    if (verdicts_in_all(report) > 0) {
        writer_key(&writer, STR("verdicts"));
        writer_object(&writer);
        static const enum verdict sorted[] = {VERDICT_ACCEPTED, VERDICT_ANNOUNCED, VERDICT_ANNULLED, VERDICT_CONFLICT,
            VERDICT_DUPLICATE, VERDICT_HELD, VERDICT_REJECTED, VERDICT_WITHDRAWN};
        for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
            if (report->count.verdict[sorted[i]] > 0) {
                writer_key(&writer, verdict_name(sorted[i]));
                writer_int(&writer, report->count.verdict[sorted[i]]);
            }
        }
        writer_object_end(&writer);
    }
    writer_key(&writer, STR("warned"));
    writer_int(&writer, report->count.warned);
    writer_object_end(&writer);
    writer_object_end(&writer);
    print_line(report, &writer);
}

void report_summary(struct report *report, bool published, const char *failed)
{
    end_progress(report);
    if (report->json) {
        json_summary(report, published, failed);
        arena_reset(report->arena);
        fflush(report->out);
        return;
    }
    fprintf(report->out, "%lld acts: %lld good, %lld refused, %lld with warnings", report->count.acts,
        report->count.good, report->count.refused, report->count.warned);
    if (published)
        fprintf(report->out, "; %lld sent", report->count.sent);
    if (report->count.present > 0)
        fprintf(report->out, ", %lld were there already", report->count.present);
    const char *joint = "; ";
    for (int v = VERDICT_NONE + 1; v < VERDICTS; v++) {
        if (report->count.verdict[v] > 0) {
            fprintf(
                report->out, "%s%lld %.*s", joint, report->count.verdict[v], STR_ARG(verdict_name((enum verdict)v)));
            joint = ", ";
        }
    }
    fputc('\n', report->out);
    fflush(report->out);
    if (failed)
        fprintf(stderr, "orgcode-publish: %s%s%s\n", colour(report, RED), failed, colour(report, PLAIN));
}
