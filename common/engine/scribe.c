#include "engine/scribe.h"

#include <pthread.h>
#include <stdlib.h>

struct scribe {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct write_job *job; /* in work */
    bool stop;
};

void write_job_run(struct write_job *job, struct store *store)
{
    job->status = store_write(store, &job->registry, &job->from, &job->to, &job->fault);
}

static void *run(void *argument)
{
    struct scribe *scribe = argument;
    pthread_mutex_lock(&scribe->lock);
    for (;;) {
        while (!scribe->job && !scribe->stop)
            pthread_cond_wait(&scribe->changed, &scribe->lock);
        if (!scribe->job)
            break;
        pthread_mutex_unlock(&scribe->lock);
        write_job_run(scribe->job, scribe->store);
        pthread_mutex_lock(&scribe->lock);
        scribe->job = NULL;
        pthread_cond_broadcast(&scribe->changed);
    }
    pthread_mutex_unlock(&scribe->lock);
    return NULL;
}

struct scribe *scribe_open(struct store *store)
{
    struct scribe *scribe = calloc(1, sizeof *scribe);
    if (!scribe)
        abort();
    scribe->store = store;
    pthread_mutex_init(&scribe->lock, NULL);
    pthread_cond_init(&scribe->changed, NULL);
    if (pthread_create(&scribe->thread, NULL, run, scribe))
        abort();
    return scribe;
}

void scribe_close(struct scribe *scribe)
{
    if (!scribe)
        return;
    pthread_mutex_lock(&scribe->lock);
    scribe->stop = true;
    pthread_cond_broadcast(&scribe->changed);
    pthread_mutex_unlock(&scribe->lock);
    pthread_join(scribe->thread, NULL);
    pthread_cond_destroy(&scribe->changed);
    pthread_mutex_destroy(&scribe->lock);
    free(scribe);
}

void scribe_give(struct scribe *scribe, struct write_job *job)
{
    pthread_mutex_lock(&scribe->lock);
    scribe->job = job;
    pthread_cond_broadcast(&scribe->changed);
    pthread_mutex_unlock(&scribe->lock);
}

void scribe_wait(struct scribe *scribe)
{
    pthread_mutex_lock(&scribe->lock);
    while (scribe->job)
        pthread_cond_wait(&scribe->changed, &scribe->lock);
    pthread_mutex_unlock(&scribe->lock);
}
