#ifndef ORGCODE_SHELL_KAFKA_CUT_H
#define ORGCODE_SHELL_KAFKA_CUT_H

#include "shell/kafka.h"

/* Closes the clients' open connections on every broker. Kafka has no call for one account's, and a connection outlives
 * its certificate. What it has is a bound on connections that may be set while it runs: above it the broker closes those
 * that have been quiet longest, one each 0.3 s and network thread, on all listeners but the brokers' own. So the bound
 * is set to 4 for hold_ms, and then what it was. Clients that may come back do so by themselves and lose nothing;
 * meanwhile no new one comes in.
 * STOP "secret-setting": a broker has secret settings made while it ran, which would be lost. */
struct status kafka_cut(struct kafka_client *client, int hold_ms, int timeout_ms, struct fault *fault) MUST_USE;
/* Lifts the bound that a killed run has left; with `look` only reads. STOP for an account that may do neither. */
struct status kafka_cut_mend(struct kafka_client *client, bool look, int timeout_ms, struct fault *fault) MUST_USE;

#endif
