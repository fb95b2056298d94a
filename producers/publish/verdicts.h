#ifndef ORGCODE_PUBLISH_VERDICTS_H
#define ORGCODE_PUBLISH_VERDICTS_H

#include <jansson.h>

#include "base/uuid.h"
#include "core/rule.h"
#include "shell/kafka.h"

/* Follows the receipts topics until every act that was published has its first verdict. One thread. */

/* So many acts wait at most; the caller then polls before it sends more. */
#define VERDICTS_WAITING_MAX 100000

struct verdicts;
struct verdict_line {
    int file;
    long long line;
};
/* Called for each act's first verdict. `receipt` is borrowed. */
typedef void verdict_take(void *user, struct verdict_line line, struct str authority, struct uuid id,
    enum verdict verdict, const json_t *receipt);

struct status verdicts_open(const struct kafka_config *kafka, const char *prefix, verdict_take *take, void *user,
    struct verdicts **out, struct fault *fault) MUST_USE;
void verdicts_close(struct verdicts *verdicts);
/* Reads the authority's receipts from `receipts` on; those of acts before offset `acts` of its acts topic are not ours.
 * Does nothing the second time. */
struct status verdicts_follow(
    struct verdicts *verdicts, struct str authority, int64_t acts, int64_t receipts, struct fault *fault) MUST_USE;
/* The act has been, or is about to be, sent. False: no memory. */
bool verdicts_expect(
    struct verdicts *verdicts, struct str authority, struct uuid id, struct verdict_line line) MUST_USE;
/* Takes what has come, waits up to timeout_ms for the first. *came: a verdict was taken. */
struct status verdicts_poll(struct verdicts *verdicts, int timeout_ms, bool *came, struct fault *fault) MUST_USE;
/* Acts without a verdict. */
size_t verdicts_waiting(const struct verdicts *verdicts);

#endif
