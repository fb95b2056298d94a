#include "account.h"

#include <string.h>

#include "core/code.h"
#include "replay_sql.h"

static const struct pg_statement statement[] = {{"authority_codes", sql_authority_codes}};

const char *account_code_text(enum account_code code)
{
    static const char *const text[] = {"unknown", "not granted", "open", "closed", "root"};
    return text[code];
}

bool account_is_authority(struct str name)
{
    return str_equal(name, STR("ROOT")) || code_is_level1(name);
}

static const char *topic_of(struct command_run *run, const char *kind, const char *code)
{
    return command_topic(run, str_format(run->arena, "%s.%s", kind, code).data);
}

/* Of this registry: an account may have rights in another one on the same brokers. */
static bool of_this(struct command_run *run, const struct kafka_right *right)
{
    const char *prefix = run->common->kafka.prefix;
    size_t length = strlen(prefix);
    return strncmp(right->name, prefix, length) == 0 && right->name[length] == '.';
}

static struct account *find(account_list *list, const char *code)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].code, code) == 0)
            return &list->item[i];
    return NULL;
}

static void take(struct command_run *run, struct account *account, const struct kafka_right *right)
{
    *vec_push(run->arena, &account->had) = *right;
    if (of_this(run, right))
        *vec_push(run->arena, &account->here) = *right;
    if (right->operation == RD_KAFKA_ACL_OPERATION_WRITE &&
        strcmp(right->name, topic_of(run, "acts", account->code)) == 0)
        account->writes = true;
}

struct status account_find(
    struct command_run *run, struct kafka_client *client, account_list *out, bool *checked, struct fault *fault)
{
    kafka_rights all = {0};
    struct status status = kafka_rights_list(client, NULL, run->arena, &all, checked, KAFKA_DEADLINE_MS, fault);
    for (size_t i = 0; i < all.count && !status_failed(status); i++) {
        const char *code = all.item[i].account;
        if (account_is_authority(str_of(code)) && of_this(run, &all.item[i]) && !find(out, code))
            *vec_push(run->arena, out) = (struct account){.code = code, .closed_on = DATE_NONE};
    }
    return status_failed(status) ? status : account_read(run, client, out, checked, fault);
}

struct status account_read(
    struct command_run *run, struct kafka_client *client, account_list *accounts, bool *checked, struct fault *fault)
{
    static const char *const kinds[] = {"acts", "receipts"};
    kafka_rights all = {0};
    struct status status = kafka_rights_list(client, NULL, run->arena, &all, checked, KAFKA_DEADLINE_MS, fault);
    for (size_t i = 0; i < all.count && !status_failed(status); i++) {
        struct account *account = find(accounts, all.item[i].account);
        if (account)
            take(run, account, &all.item[i]);
    }
    for (size_t i = 0; i < accounts->count && !status_failed(status); i++) {
        struct account *account = &accounts->item[i];
        account->topics = true;
        for (size_t k = 0; k < 2 && !status_failed(status) && account->topics; k++) {
            int partitions = 0;
            status =
                kafka_partitions(client, topic_of(run, kinds[k], account->code), KAFKA_DEADLINE_MS, &partitions, fault);
            account->topics = partitions > 0;
        }
    }
    return status;
}

static void take_code(account_list *accounts, const PGresult *result, int row)
{
    struct str code = pg_text(result, row, 0);
    for (size_t i = 0; i < accounts->count; i++)
        if (str_equal(str_of(accounts->item[i].code), code)) {
            int state = pg_int4(result, row, 1);
            accounts->item[i].state = state == 2 ? ACCOUNT_CLOSED : state == 1 ? ACCOUNT_OPEN : ACCOUNT_NOT_GRANTED;
            accounts->item[i].closed_on = pg_date(result, row, 2);
        }
}

struct status account_codes(struct command_run *run, account_list *accounts, struct fault *fault)
{
    struct pg pg;
    PGresult *result = NULL;
    struct pg_params params = PG_PARAMS(run->arena);
    struct pg_array codes = pg_array_open(run->arena, PG_TEXT);
    for (size_t i = 0; i < accounts->count; i++) {
        struct account *account = &accounts->item[i];
        account->state = strcmp(account->code, "ROOT") == 0 ? ACCOUNT_ROOT : ACCOUNT_NOT_GRANTED;
        pg_array_text(&codes, str_of(account->code));
    }
    pg_param_array(&params, &codes);
    struct status status = command_pg(run, &pg, fault);
    if (status_failed(status))
        return status;
    status = pg_prepare(&pg, statement, 1, fault);
    if (!status_failed(status))
        status = pg_run(&pg, statement[0].name, &params, &result, fault);
    for (int row = 0; !status_failed(status) && row < PQntuples(result); row++)
        take_code(accounts, result, row);
    PQclear(result);
    pg_close(&pg);
    return status;
}
