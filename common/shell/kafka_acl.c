#include "shell/kafka_acl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/kafka_call.h"

#define PRINCIPAL "User:"

struct str kafka_right_text(struct arena *arena, const struct kafka_right *right)
{
    char operation[32];
    snprintf(operation, sizeof operation, "%s", rd_kafka_AclOperation_name(right->operation));
    for (char *c = operation; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : (char)(*c | 0x20);
    return str_format(arena, "%s %s%s %s%s", operation, right->prefixed ? "every " : "",
        right->resource == RD_KAFKA_RESOURCE_TOPIC ? "topic" : "group", right->name, right->prefixed ? "*" : "");
}

static int compare(const void *left, const void *right)
{
    const struct kafka_right *a = left, *b = right;
    int order = strcmp(a->account, b->account);
    if (order == 0)
        order = (int)b->resource - (int)a->resource; /* topics last: what they are about stands together */
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0)
        order = (int)a->prefixed - (int)b->prefixed;
    return order ? order : (int)a->operation - (int)b->operation;
}

bool kafka_right_equal(const struct kafka_right *a, const struct kafka_right *b)
{
    return compare(a, b) == 0;
}

static rd_kafka_ResourcePatternType_t pattern_of(const struct kafka_right *right)
{
    return right->prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL;
}

static struct status result_check(
    struct kafka_call *call, const rd_kafka_error_t *error, const char *what, struct fault *fault)
{
    return error == NULL
               ? status_ok()
               : kafka_call_result(call, rd_kafka_error_code(error), rd_kafka_error_string(error), what, fault);
}

static struct status given(struct kafka_call *call, const char *what, struct fault *fault)
{
    size_t results = 0;
    struct status status = status_ok();
    const rd_kafka_acl_result_t **result =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(call->event), &results);
    for (size_t i = 0; i < results && !status_failed(status); i++)
        status = result_check(call, rd_kafka_acl_result_error(result[i]), what, fault);
    return status;
}

static struct status taken(struct kafka_call *call, const char *what, struct fault *fault)
{
    size_t results = 0;
    struct status status = status_ok();
    const rd_kafka_DeleteAcls_result_response_t **result =
        rd_kafka_DeleteAcls_result_responses(rd_kafka_event_DeleteAcls_result(call->event), &results);
    for (size_t i = 0; i < results && !status_failed(status); i++)
        status = result_check(call, rd_kafka_DeleteAcls_result_response_error(result[i]), what, fault);
    return status;
}

/* The list of entries, or of filters that match each exactly: one type in librdkafka. NULL with a fault. */
static rd_kafka_AclBinding_t **bindings_make(
    const struct kafka_right *right, size_t count, bool filter, struct fault *fault)
{
    char principal[256], error[256] = "";
    rd_kafka_AclBinding_t **made = calloc(count, sizeof *made);
    if (made == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        snprintf(principal, sizeof principal, PRINCIPAL "%s", right[i].account);
        made[i] = (filter ? rd_kafka_AclBindingFilter_new : rd_kafka_AclBinding_new)(right[i].resource, right[i].name,
            pattern_of(&right[i]), principal, "*", right[i].operation, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error,
            sizeof error);
        if (made[i] == NULL) {
            struct status status =
                status_fail(fault, STATUS_STOP, "right", "no right on \"%s\": %s", right[i].name, error);
            (void)status.class;
            rd_kafka_AclBinding_destroy_array(made, i);
            free(made);
            return NULL;
        }
    }
    return made;
}

struct status kafka_rights_give(
    struct kafka_client *client, const struct kafka_right *right, size_t count, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    rd_kafka_AclBinding_t **made = count > 0 ? bindings_make(right, count, false, fault) : NULL;
    if (made == NULL)
        return count > 0 ? (struct status){STATUS_STOP, "right"} : status_ok();
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_CREATEACLS, timeout_ms);
    struct status status;
    do {
        rd_kafka_CreateAcls(client->rk, made, count, call.options, call.queue);
        status = kafka_call_wait(&call, "giving rights", fault);
        if (!status_failed(status))
            status = given(&call, "giving rights", fault);
    } while (kafka_call_again(&call));
    kafka_call_close(&call);
    rd_kafka_AclBinding_destroy_array(made, count);
    free(made);
    return status;
}

struct status kafka_rights_take(
    struct kafka_client *client, const struct kafka_right *right, size_t count, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    rd_kafka_AclBindingFilter_t **made = count > 0 ? bindings_make(right, count, true, fault) : NULL;
    if (made == NULL)
        return count > 0 ? (struct status){STATUS_STOP, "right"} : status_ok();
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_DELETEACLS, timeout_ms);
    struct status status;
    do {
        rd_kafka_DeleteAcls(client->rk, made, count, call.options, call.queue);
        status = kafka_call_wait(&call, "taking rights away", fault);
        if (!status_failed(status))
            status = taken(&call, "taking rights away", fault);
    } while (kafka_call_again(&call));
    kafka_call_close(&call);
    rd_kafka_AclBinding_destroy_array(made, count);
    free(made);
    return status;
}

static void keep(struct arena *arena, const rd_kafka_AclBinding_t *found, kafka_rights *out)
{
    const char *principal = rd_kafka_AclBinding_principal(found), *name = rd_kafka_AclBinding_name(found);
    rd_kafka_ResourceType_t resource = rd_kafka_AclBinding_restype(found);
    if ((resource != RD_KAFKA_RESOURCE_TOPIC && resource != RD_KAFKA_RESOURCE_GROUP) ||
        strncmp(principal, PRINCIPAL, strlen(PRINCIPAL)) != 0 ||
        rd_kafka_AclBinding_permission_type(found) != RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW)
        return;
    principal += strlen(PRINCIPAL);
    *vec_push(arena, out) = (struct kafka_right){.account = arena_copy(arena, principal, strlen(principal)),
        .resource = resource,
        .prefixed = rd_kafka_AclBinding_resource_pattern_type(found) == RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
        .name = arena_copy(arena, name, strlen(name)),
        .operation = rd_kafka_AclBinding_operation(found)};
}

/* One call a kind of resource: an entry of a kind that this librdkafka does not know spoils the whole answer. */
static struct status list_of(struct kafka_client *client, rd_kafka_ResourceType_t resource, const char *account,
    struct arena *arena, kafka_rights *out, bool *checked, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    char principal[256], error[256] = "";
    snprintf(principal, sizeof principal, PRINCIPAL "%s", account != NULL ? account : "");
    rd_kafka_AclBindingFilter_t *filter =
        rd_kafka_AclBindingFilter_new(resource, NULL, RD_KAFKA_RESOURCE_PATTERN_ANY, account != NULL ? principal : NULL,
            NULL, RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ANY, error, sizeof error);
    if (filter == NULL)
        return status_fail(fault, STATUS_STOP, "right", "listing rights: %s", error);
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_DESCRIBEACLS, timeout_ms);
    struct status status;
    do {
        rd_kafka_DescribeAcls(client->rk, filter, call.options, call.queue);
        status = kafka_call_wait(&call, "listing rights", fault);
    } while (kafka_call_again(&call));
    *checked = true;
    if (call.event != NULL && rd_kafka_event_error(call.event) == RD_KAFKA_RESP_ERR_SECURITY_DISABLED) {
        *checked = false;
        status = status_ok();
    } else if (!status_failed(status)) {
        size_t results = 0;
        const rd_kafka_AclBinding_t **result =
            rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(call.event), &results);
        for (size_t i = 0; i < results; i++)
            keep(arena, result[i], out);
    }
    kafka_call_close(&call);
    rd_kafka_AclBinding_destroy(filter);
    return status;
}

/* librdkafka 2.0.2 takes a broker's answer that it checks no rights for an empty list: its settings tell. */
static struct status authorizer_look(
    struct kafka_client *client, const char *broker, bool *checked, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    size_t entries = 0;
    const rd_kafka_ConfigResource_t *has = NULL;
    struct status status = kafka_call_settings(&call, client, broker, timeout_ms, &has, fault);
    const rd_kafka_ConfigEntry_t **entry =
        status_failed(status) ? NULL : rd_kafka_ConfigResource_configs(has, &entries);
    for (size_t i = 0; i < entries; i++) {
        const char *value = rd_kafka_ConfigEntry_value(entry[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(entry[i]), "authorizer.class.name") == 0)
            *checked = value != NULL && value[0] != '\0';
    }
    kafka_call_close(&call);
    return status;
}

struct status kafka_rights_list(struct kafka_client *client, const char *account, struct arena *arena,
    kafka_rights *out, bool *checked, int timeout_ms, struct fault *fault)
{
    /* The controller must be known: this librdkafka may wait in vain for one that it hears of while it asks. */
    const struct rd_kafka_metadata *known;
    char broker[16] = "";
    struct status status = kafka_metadata(client, false, timeout_ms, &known, "listing rights", fault);
    if (status_failed(status))
        return status;
    if (known->broker_cnt > 0)
        snprintf(broker, sizeof broker, "%d", known->brokers[0].id);
    rd_kafka_metadata_destroy(known);
    status = list_of(client, RD_KAFKA_RESOURCE_TOPIC, account, arena, out, checked, timeout_ms, fault);
    if (!status_failed(status) && *checked)
        status = list_of(client, RD_KAFKA_RESOURCE_GROUP, account, arena, out, checked, timeout_ms, fault);
    if (!status_failed(status) && *checked && out->count == 0)
        status = authorizer_look(client, broker, checked, timeout_ms, fault);
    if (out->count > 0)
        qsort(out->item, out->count, sizeof *out->item, compare);
    return status;
}
