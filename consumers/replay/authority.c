/* authority: accounts of authorities, from topics to certificate, in one step each way. */

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/hash.h"
#include "certify.h"
#include "plan.h"
#include "shell/hook.h"
#include "shell/kafka_cut.h"
#include "shell/process.h"
#include "shell/rights.h"

struct options {
    struct command_common common;
    long long replicas, cut_ms;
    const char *certify;
    bool closed, force;
};

enum deed { DEED_LIST, DEED_ADD, DEED_SUSPEND, DEED_END };

/* A run of the command: what it is to do, and to whom. */
struct authority {
    struct command_run *run;
    const struct options *options;
    struct kafka_client client;
    enum deed deed;
    account_list accounts;
    kafka_rights give, take;
    kafka_rights last; /* of `take`: what goes when all else is done */
    bool checked;      /* the broker checks rights */
};

static struct status read_arguments(struct authority *a, struct fault *fault)
{
    static const char *const word[] = {"list", "add", "suspend", "end"};
    const struct option_rest *rest = &a->run->rest;
    size_t deed = 0;
    while (rest->count > 0 && deed < 4 && strcmp(rest->item[0], word[deed]) != 0)
        deed++;
    if (deed == 4)
        return command_usage(fault, "%s: list, add, suspend or end was expected", rest->item[0]);
    a->deed = (enum deed)deed;
    for (int i = 1; i < rest->count; i++) {
        if (!account_is_authority(str_of(rest->item[i])))
            return command_usage(
                fault, "%s is no authority: ROOT or a level-1 code like H26 was expected", rest->item[i]);
        *vec_push(a->run->arena, &a->accounts) = (struct account){.code = rest->item[i], .closed_on = DATE_NONE};
    }
    bool all = a->deed == DEED_LIST || a->options->closed;
    if (a->options->closed && a->deed != DEED_END)
        return command_usage(fault, "--closed goes with `end` alone");
    if (all == (a->accounts.count > 0))
        return command_usage(fault, all ? "no code goes with `list` or --closed" : "%s: which code?", word[deed]);
    return status_ok();
}

/* ---- what there is -------------------------------------------------------------------------------------------- */

static void keep_closed(account_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].state == ACCOUNT_CLOSED)
            list->item[kept++] = list->item[i];
    list->count = kept;
}

/* An account ends with its code, not before. */
static struct status check_end(const struct authority *a, struct fault *fault)
{
    for (size_t i = 0; i < a->accounts.count && !a->options->force; i++) {
        const struct account *account = &a->accounts.item[i];
        if (account->state == ACCOUNT_OPEN || account->state == ACCOUNT_ROOT)
            return status_fail(fault, STATUS_REJECT, "code-open",
                "%s: %s; an account ends when its code is closed. `suspend` takes the right to publish alone; --force "
                "ends it all the same",
                account->code,
                account->state == ACCOUNT_ROOT ? "the account of the highest authority" : "the code is open");
    }
    return status_ok();
}

static struct status read_accounts(struct authority *a, struct fault *fault)
{
    bool all = a->deed == DEED_LIST || a->options->closed;
    struct status status = (all ? account_find : account_read)(a->run, &a->client, &a->accounts, &a->checked, fault);
    if (!status_failed(status) && (a->deed == DEED_LIST || a->deed == DEED_END))
        status = account_codes(a->run, &a->accounts, fault);
    if (!status_failed(status) && a->options->closed)
        keep_closed(&a->accounts);
    return !status_failed(status) && a->deed == DEED_END ? check_end(a, fault) : status;
}

/* ---- the plan ------------------------------------------------------------------------------------------------- */

static void add_missing(
    struct authority *a, const struct account *account, const kafka_rights *wanted, bool given, kafka_rights *out)
{
    for (size_t w = 0; w < wanted->count; w++) {
        bool had = false;
        for (size_t h = 0; h < account->had.count; h++)
            had = had || kafka_right_equal(&wanted->item[w], &account->had.item[h]);
        if (had == given)
            *vec_push(a->run->arena, out) = wanted->item[w];
    }
}

static void work_out(struct authority *a)
{
    const char *prefix = a->run->common->kafka.prefix;
    for (size_t i = 0; i < a->accounts.count; i++) {
        const struct account *account = &a->accounts.item[i];
        kafka_rights wanted = {0};
        if (a->deed == DEED_ADD)
            rights_authority(a->run->arena, prefix, account->code, &wanted);
        if (a->deed == DEED_SUSPEND)
            rights_authority_write(a->run->arena, prefix, account->code, &wanted);
        add_missing(a, account, a->deed == DEED_END ? &account->here : &wanted, a->deed != DEED_ADD,
            a->deed == DEED_ADD ? &a->give : &a->take);
    }
}

/* Also when the rights are gone already: a run before this one may have ended between the two. */
static bool cuts(const struct authority *a)
{
    return a->checked && a->deed != DEED_ADD && a->accounts.count > 0 && a->options->cut_ms > 0;
}

/* All that the plan is made from: what is to be done, to which accounts, what they may, whether their topics are there.
 */
static const char *head_of(const struct authority *a)
{
    char text[SHA256_TEXT_SIZE];
    struct hasher *hasher = hasher_open();
    struct str deed = str_format(a->run->arena, "%d %lld %lld %s\n", (int)a->deed, cuts(a) ? a->options->cut_ms : 0,
        a->options->replicas, a->options->certify ? a->options->certify : "");
    hasher_begin(hasher);
    hasher_add(hasher, deed.data, deed.len);
    for (size_t i = 0; i < a->accounts.count; i++) {
        const struct account *account = &a->accounts.item[i];
        struct str line = str_format(a->run->arena, "%s %d %d\n", account->code, account->topics, (int)account->state);
        hasher_add(hasher, line.data, line.len);
        for (size_t r = 0; r < account->had.count; r++) {
            line = kafka_right_text(a->run->arena, &account->had.item[r]);
            hasher_add(hasher, line.data, line.len + 1);
        }
    }
    sha256_format(hasher_end(hasher), text);
    hasher_close(hasher);
    return str_format(a->run->arena, "%.12s", text).data;
}

static json_t *show_rights(struct plan *plan, struct arena *arena, const char *verb, const kafka_rights *rights)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rights->count; i++) {
        const char *text = kafka_right_text(arena, &rights->item[i]).data;
        plan_line(plan, "%s %s: %s", verb, rights->item[i].account, text);
        json_array_append_new(list, json_pack("{s:s, s:s}", "account", rights->item[i].account, "right", text));
    }
    return list;
}

static void describe(struct authority *a, struct plan *plan)
{
    static const char *const verb[] = {"list", "add", "suspend", "end"};
    json_t *codes = json_array();
    struct arena *arena = a->run->arena;
    const char *prefix = a->run->common->kafka.prefix;
    plan_set(plan, "command", json_string(verb[a->deed]));
    for (size_t i = 0; i < a->accounts.count; i++) {
        const struct account *account = &a->accounts.item[i];
        json_array_append_new(codes, json_string(account->code));
        if (a->deed == DEED_ADD && !account->topics)
            plan_line(
                plan, "make the topics %s.acts.%s and %s.receipts.%s", prefix, account->code, prefix, account->code);
        if (a->deed == DEED_ADD || a->deed == DEED_END) {
            const char *what = a->deed == DEED_ADD ? "account" : "revoke";
            if (a->options->certify)
                plan_line(plan, "run %s %s %s", a->options->certify, what, account->code);
            else
                plan_line(plan, "the certificate is yours to see to: deploy/tls/tls %s %s", what, account->code);
        }
    }
    plan_set(plan, "accounts", codes);
    plan_set(plan, "give", show_rights(plan, arena, "give", &a->give));
    plan_set(plan, "take", show_rights(plan, arena, "take from", &a->take));
    plan_set(plan, "rightsChecked", json_boolean(a->checked));
    if (!a->checked)
        plan_line(plan, "no rights: these brokers check none (they have no authorizer)");
    if (cuts(a))
        plan_line(plan, "cut the clients' connections for %lld ms; those of other accounts come back by themselves",
            a->options->cut_ms);
    plan_set(plan, "cutMilliseconds", json_integer(cuts(a) ? a->options->cut_ms : 0));
}

/* ---- doing it ------------------------------------------------------------------------------------------------- */

static struct status make_topics(struct authority *a, struct fault *fault)
{
    VEC(struct kafka_topic) topics = {0};
    for (size_t i = 0; i < a->accounts.count; i++) {
        const char *const kinds[] = {"acts", "receipts"};
        for (size_t k = 0; k < 2; k++)
            *vec_push(a->run->arena, &topics) =
                (struct kafka_topic){.name = str_format(a->run->arena, "%s.%s.%s", a->run->common->kafka.prefix,
                                         kinds[k], a->accounts.item[i].code)
                                                 .data,
                    .replicas = (int)a->options->replicas};
    }
    struct status status = kafka_topics_create(&a->client, topics.item, topics.count, 60000, fault);
    return status_failed(status) ? status : kafka_topics_check(&a->client, topics.item, topics.count, 60000, fault);
}

static struct status certify_all(struct authority *a, const char *verb, struct fault *fault)
{
    struct status status = status_ok();
    for (size_t i = 0; i < a->accounts.count && a->options->certify && !status_failed(status); i++)
        status = certify(a->options->certify, verb, a->accounts.item[i].code, fault);
    return status;
}

/* By its rights `end --closed` finds an account. So one of each stays until the rest is done, and a run that was killed
 * is finished by the next: that of reading its own receipts. */
static void keep_to_the_last(struct authority *a)
{
    size_t kept = 0;
    for (size_t i = 0; a->deed == DEED_END && i < a->take.count; i++) {
        const struct kafka_right *right = &a->take.item[i];
        const char *receipts = command_topic(a->run, str_format(a->run->arena, "receipts.%s", right->account).data);
        bool last = right->operation == RD_KAFKA_ACL_OPERATION_READ && strcmp(right->name, receipts) == 0;
        if (last)
            *vec_push(a->run->arena, &a->last) = *right;
        else
            a->take.item[kept++] = *right;
    }
    if (a->deed == DEED_END)
        a->take.count = kept;
}

/* Rights go first: from then on nothing of the account is taken, whatever the rest takes. */
static struct status carry_out(struct authority *a, struct fault *fault)
{
    const size_t taken = a->take.count;
    keep_to_the_last(a);
    struct status status = a->deed == DEED_ADD ? make_topics(a, fault) : status_ok();
    if (!status_failed(status) && a->checked)
        status = kafka_rights_give(&a->client, a->give.item, a->give.count, 60000, fault);
    if (!status_failed(status) && a->checked)
        status = kafka_rights_take(&a->client, a->take.item, a->take.count, 60000, fault);
    hook_point("authority-rights");
    if (!status_failed(status) && a->deed == DEED_ADD)
        status = certify_all(a, "account", fault);
    if (!status_failed(status) && cuts(a))
        status = kafka_cut(&a->client, (int)a->options->cut_ms, KAFKA_DEADLINE_MS, fault);
    if (!status_failed(status) && a->deed == DEED_END)
        status = certify_all(a, "revoke", fault);
    hook_point("authority-revoked");
    if (!status_failed(status) && a->checked)
        status = kafka_rights_take(&a->client, a->last.item, a->last.count, 60000, fault);
    if (!status_failed(status))
        plan_done(a->run, json_pack("{s:I, s:I}", "given", (json_int_t)a->give.count, "taken", (json_int_t)taken),
            "done: %zu rights given, %zu taken", a->give.count, taken);
    return status;
}

static void print_list(const struct authority *a)
{
    if (!a->run->common->json && !a->checked)
        puts("these brokers check no rights (they have no authorizer): no accounts");
    for (size_t i = 0; i < a->accounts.count; i++) {
        const struct account *account = &a->accounts.item[i];
        const char *may = account->writes ? "publishes" : "suspended";
        char date[DATE_TEXT_SIZE] = "";
        if (account->closed_on != DATE_NONE)
            date_format(account->closed_on, date);
        if (a->run->common->json)
            printf("{\"account\":\"%s\",\"state\":\"%s\",\"code\":\"%s\"%s%s%s}\n", account->code, may,
                account_code_text(account->state), date[0] ? ",\"closedOn\":\"" : "", date, date[0] ? "\"" : "");
        else
            printf("%-6s %-10s code %s%s%s%s\n", account->code, may, account_code_text(account->state),
                date[0] ? " on " : "", date,
                account->state == ACCOUNT_CLOSED ? "; end it: orgcode-replay authority end --closed" : "");
    }
}

static struct status plan_and_do(struct authority *a, struct fault *fault)
{
    struct plan plan;
    bool go;
    work_out(a);
    plan_open(&plan, a->run, head_of(a));
    describe(a, &plan);
    struct status status = plan_show(&plan, &go, fault);
    return status_failed(status) || !go ? status : carry_out(a, fault);
}

static struct status run_authority(struct command_run *run, struct fault *fault)
{
    struct authority a = {.run = run, .options = run->options};
    struct status status = read_arguments(&a, fault);
    if (!status_failed(status))
        status = kafka_producer_open(&run->kafka, &(struct kafka_producer_config){0}, &a.client, fault);
    if (!status_failed(status))
        status = kafka_cut_mend(&a.client, a.deed == DEED_LIST || run->common->dry_run, KAFKA_DEADLINE_MS, fault);
    if (!status_failed(status))
        status = read_accounts(&a, fault);
    if (!status_failed(status) && a.deed == DEED_LIST)
        print_list(&a);
    else if (!status_failed(status))
        status = plan_and_do(&a, fault);
    kafka_close(&a.client);
    return status;
}

static const struct option_row rows[] = {
    COMMAND_ROWS,
    COMMAND_ROWS_PLAN,
    {.name = "closed",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct options, closed),
        .help = "`end`: every account whose code is closed."},
    {.name = "force",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct options, force),
        .help = "`end`: though the code is open."},
    {.name = "certify",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct options, certify),
        .env = "ORGCODE_CERTIFY",
        .value = "PROGRAM",
        .help =
            "Run it as `PROGRAM account CODE` on `add` and as `PROGRAM revoke CODE` on `end`: deploy/tls/tls. None: "
            "the certificate is somebody else's matter."},
    {.name = "replicas",
        .kind = OPTION_INT,
        .offset = offsetof(struct options, replicas),
        .initial = "1",
        .value = "N",
        .min = 1,
        .max = 32,
        .help = "Replicas of each new topic."},
    {.name = "cut",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct options, cut_ms),
        .initial = "3s",
        .value = "TIME",
        .min = 0,
        .max = 60000,
        .help = "How long the brokers close clients' connections when rights were taken away: about three a second and "
                "network thread, the quietest first; 0 leaves them open."},
};
static const struct option_program program = {
    .name = "orgcode-replay authority",
    .summary = "accounts of authorities: add, suspend, end",
    .arguments = "[list|add CODE...|suspend CODE...|end CODE...|end --closed]",
    .description =
        "`add` makes the topics of an authority's acts and receipts, gives its account the rights on them, and has its "
        "certificate made. `suspend` takes the right to publish away; its receipts stay readable, and `add` gives the "
        "right again. `end` takes all rights away and has the certificate revoked; what was published stays. An "
        "account "
        "ends with its code: `end` refuses while the code is open. Rights that were taken are gone with the broker's "
        "answer; then the brokers are told to close the clients' open connections. Without a word, or with `list`: "
        "every "
        "account, and what became of its code.\n"
        "It needs an account in Kafka that may make topics, rights and settings of brokers (`admin`).",
    .examples =
        "orgcode-replay authority add H64 --certify deploy/tls/tls\norgcode-replay authority end --closed --dry-run\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_authority = {
    "authority", "accounts of authorities: list, add, suspend, end", &program, sizeof(struct options), run_authority};
