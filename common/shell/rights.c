#include "shell/rights.h"

#include <string.h>

/* Which resources, behind the registry's prefix; the kinds that end in PREFIXED mean all whose name begins so. CLIENT
 * is a group by its whole name: that of a program's readers that join none, whose librdkafka asks for its coordinator
 * all the same. */
enum kind { TOPIC, TOPICS_PREFIXED, GROUP, GROUPS_PREFIXED, CLIENT };
enum {
    READ = 1,
    WRITE = 2,
    CREATE = 4,
    DESCRIBE = 8, /* goes with read and write */
    SETTINGS = 16,
    SETTINGS_CHANGE = 32,
};
static const struct {
    unsigned bit;
    rd_kafka_AclOperation_t operation;
} operations[] = {
    {READ, RD_KAFKA_ACL_OPERATION_READ},
    {WRITE, RD_KAFKA_ACL_OPERATION_WRITE},
    {CREATE, RD_KAFKA_ACL_OPERATION_CREATE},
    {DESCRIBE, RD_KAFKA_ACL_OPERATION_DESCRIBE},
    {SETTINGS, RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS},
    {SETTINGS_CHANGE, RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS},
};

struct row {
    const char *account; /* NULL: the one that is asked for */
    enum kind kind;
    const char *name; /* behind the prefix; with %s: that account */
    unsigned operations;
};

static const struct row services[] = {
    {"validate", TOPICS_PREFIXED, "acts.", READ},
    {"validate", TOPIC, "journal", WRITE | SETTINGS},
    {"validate", TOPIC, "rejected", WRITE | SETTINGS},
    {"validate", TOPIC, "validate.control", READ},
    {"validate", GROUP, "validate", READ},
    {"validate", CLIENT, "orgcode-validate", DESCRIBE},

    {"apply", TOPIC, "journal", READ | WRITE | SETTINGS},
    {"apply", GROUP, "apply", READ},
    {"apply", CLIENT, "orgcode-apply", DESCRIBE},

    {"notify", TOPIC, "changes", READ | WRITE | SETTINGS},
    {"notify", TOPIC, "state", READ | WRITE | SETTINGS}, /* read: what a broker has left undecided */
    {"notify", TOPICS_PREFIXED, "receipts.", READ | WRITE | SETTINGS},
    {"notify", TOPICS_PREFIXED, "notify.", READ | WRITE | SETTINGS},
    {"notify", CLIENT, "orgcode-notify", DESCRIBE},

    {"gateway", TOPICS_PREFIXED, "acts.", WRITE},
    {"gateway", TOPICS_PREFIXED, "receipts.", READ},
    {"gateway", CLIENT, "orgcode-gateway", DESCRIBE},
    {"gateway", CLIENT, "orgcode-publish", DESCRIBE},

    {"redrive", TOPICS_PREFIXED, "acts.", READ | WRITE},
    {"redrive", TOPIC, "rejected", READ},
    {"redrive", TOPIC, "redrive", READ | WRITE | CREATE | SETTINGS},
    {"redrive", CLIENT, "orgcode-replay", DESCRIBE},

    {"operator", TOPICS_PREFIXED, "", READ | CREATE | SETTINGS},
    {"operator", TOPIC, "journal", WRITE | SETTINGS_CHANGE},
    {"operator", TOPIC, "validate.control", WRITE},
    {"operator", TOPICS_PREFIXED, "notify.", WRITE},
    {"operator", GROUPS_PREFIXED, "", READ},
    {"operator", CLIENT, "orgcode-replay", DESCRIBE},
};

static const struct row authority[] = {
    {NULL, TOPIC, "acts.%s", WRITE},
    {NULL, TOPIC, "receipts.%s", READ},
    {NULL, GROUPS_PREFIXED, "%s.", READ},
    {NULL, CLIENT, "orgcode-publish", DESCRIBE},
};

static const struct row subscriber[] = {
    {NULL, TOPIC, "changes", READ},
    {NULL, TOPIC, "state", READ},
    {NULL, GROUPS_PREFIXED, "%s.", READ},
};

const struct rights_transactional rights_transactional[] = {
    {"notify", "-notify"}, {"operator", "-notify"}, {"redrive", "-redrive"}, {"operator", "-import"}, {NULL, NULL}};

static const char *name_of(struct arena *arena, const char *prefix, const struct row *row, const char *account)
{
    if (row->kind == CLIENT)
        return row->name;
    struct str name = str_format(arena, row->name, account);
    return str_format(arena, "%s.%s", prefix, name.data).data;
}

static void add(struct arena *arena, const char *prefix, const struct row *row, size_t rows, const char *account,
    unsigned only, kafka_rights *out)
{
    for (size_t i = 0; i < rows; i++) {
        const char *who = row[i].account != NULL ? row[i].account : account;
        const char *name = name_of(arena, prefix, &row[i], who);
        for (size_t o = 0; o < sizeof operations / sizeof *operations; o++)
            if ((row[i].operations & only & operations[o].bit) != 0)
                *vec_push(arena, out) = (struct kafka_right){.account = who,
                    .resource = row[i].kind <= TOPICS_PREFIXED ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_GROUP,
                    .prefixed = row[i].kind == TOPICS_PREFIXED || row[i].kind == GROUPS_PREFIXED,
                    .name = name,
                    .operation = operations[o].operation};
    }
}
#define ADD(rows, account, only) add(arena, prefix, rows, sizeof rows / sizeof *rows, account, only, out)

void rights_authority(struct arena *arena, const char *prefix, const char *code, kafka_rights *out)
{
    ADD(authority, code, ~0u);
}

void rights_authority_write(struct arena *arena, const char *prefix, const char *code, kafka_rights *out)
{
    ADD(authority, code, WRITE);
}

void rights_subscriber(struct arena *arena, const char *prefix, const char *name, kafka_rights *out)
{
    ADD(subscriber, name, ~0u);
}

void rights_services(struct arena *arena, const char *prefix, kafka_rights *out)
{
    ADD(services, NULL, ~0u);
}

bool rights_is_service(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        if (strcmp(services[i].account, name) == 0)
            return true;
    return strcmp(name, "admin") == 0 || strcmp(name, "broker") == 0;
}
