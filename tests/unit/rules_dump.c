#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/law.h"
#include "core/rule.h"

/* orgcode-rules-dump: the rule table as text, for schemas/rules.golden.
 * With --compare FILE it prints nothing and exits 1 when the file differs. */

static void dump_law(FILE *out, const struct law *law)
{
    fprintf(out, "version %d\n", law->version);
    fprintf(out, "  form of changes %d, of receipts %d\n", law->change_form, law->receipt_form);
    for (int field = 0; field < INFO_FIELDS; field++)
        fprintf(out, "  %.*s at most %d\n", STR_ARG(info_field_name((enum info_field)field)), law->info_max[field]);
    fprintf(out, "  codes affected at most %d, edges at most %d\n", law->affected_max, law->links_max);
    fprintf(out, "  held acts at most %d, bytes at most %lld, days %d\n", law->held_acts_max,
        (long long)law->held_bytes_max, law->held_days);
    fprintf(out, "  terms in days: decision %d, entry %d, annulment of a closing %d\n", law->decision_days,
        law->entry_days, law->annul_days);
    fprintf(out, "  clocks apart at most %lld ms\n\n", (long long)law->stamp_ahead_ms);
}

static void dump(FILE *out)
{
    fprintf(out, "# Made by orgcode-rules-dump: the versions of the law, the rules in the order of judgement, then every\n"
                 "# reason with its two messages. What stands here is only added to.\n\n");
    for (int i = 0; i < laws_count; i++)
        dump_law(out, &laws[i]);
    for (int rule = RULE_NONE + 1; rule < RULES; rule++)
        fprintf(out, "rule %d %.*s %s\n", rule, STR_ARG(rule_name((enum rule)rule)),
            rule <= RULE_LAST_REFUSING ? "refuses" : "never-refuses");
    for (int reason = REASON_NONE + 1; reason < REASONS; reason++) {
        fprintf(out, "\nreason %.*s %.*s\n", STR_ARG(reason_slug((enum reason)reason)),
            STR_ARG(rule_name(reason_rule((enum reason)reason))));
        fprintf(out, "  vi %.*s\n", STR_ARG(reason_message((enum reason)reason, LANGUAGE_VI)));
        fprintf(out, "  en %.*s\n", STR_ARG(reason_message((enum reason)reason, LANGUAGE_EN)));
    }
}

static int compare(const char *path)
{
    char *want = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&want, &size);
    if (!memory)
        return 2;
    dump(memory);
    fclose(memory);
    char *got = malloc(size + 2);
    FILE *file = fopen(path, "rb");
    size_t read = file && got ? fread(got, 1, size + 2, file) : 0;
    int same = read == size && memcmp(got, want, size) == 0;
    if (!same)
        fprintf(stderr, "%s differs from the rule table: after a change that is meant, orgcode-rules-dump > %s\n", path,
            path);
    if (file)
        fclose(file);
    free(got);
    free(want);
    return !same;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--compare") == 0)
        return compare(argv[2]);
    if (argc > 1) {
        fprintf(stderr, "usage: %s [--compare FILE]\n", argv[0]);
        return 2;
    }
    dump(stdout);
    return 0;
}
