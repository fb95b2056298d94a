#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rule.h"

/* orgcode-rules-dump: the rule table as text, for schemas/rules.golden.
 * With --compare FILE it prints nothing and exits 1 when the file differs. */

static void dump(FILE *out)
{
    fprintf(out,
        "# Made by orgcode-rules-dump: rules in the order of judgement, then every reason with its two messages.\n");
    fprintf(out, "version %d\n\n", RULES_VERSION);
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
