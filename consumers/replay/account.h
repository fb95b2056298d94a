#ifndef ORGCODE_REPLAY_ACCOUNT_H
#define ORGCODE_REPLAY_ACCOUNT_H

#include "command.h"
#include "shell/kafka_acl.h"

/* The account of an authority: what Kafka lets it do, and what became of its level-1 code. */
enum account_code {
    ACCOUNT_UNKNOWN, /* the registry was not asked */
    ACCOUNT_NOT_GRANTED,
    ACCOUNT_OPEN,
    ACCOUNT_CLOSED,
    ACCOUNT_ROOT,
};
const char *account_code_text(enum account_code code);

struct account {
    const char *code; /* "H26", "ROOT" */
    kafka_rights had;  /* in Kafka, sorted */
    kafka_rights here; /* those of them that are about this registry */
    enum account_code state;
    date_day closed_on;
    bool topics; /* those of its acts and receipts are there */
    bool writes; /* has the right to write its acts */
};
typedef VEC(struct account) account_list;

bool account_is_authority(struct str name);
/* Rights and topics of each account of the list. *checked: does the broker check rights? */
struct status account_read(struct command_run *run, struct kafka_client *client, account_list *accounts, bool *checked,
                           struct fault *fault) MUST_USE;
/* Every authority that has a right in this registry, with its rights. */
struct status account_find(struct command_run *run, struct kafka_client *client, account_list *out, bool *checked,
                           struct fault *fault) MUST_USE;
/* What became of their codes. */
struct status account_codes(struct command_run *run, account_list *accounts, struct fault *fault) MUST_USE;

#endif
