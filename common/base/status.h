#ifndef ORGCODE_BASE_STATUS_H
#define ORGCODE_BASE_STATUS_H

/* The one error idiom of the project. A function that can fail returns a status, which the caller
 * must look at; the words for people go into a `struct fault` of the caller's, the loop logs them once. */

enum status_class {
    STATUS_OK = 0, /* done */
    STATUS_REJECT, /* the data is at fault: answer it, go on with the next */
    STATUS_RETRY,  /* the world is at fault: try again with back-off */
    STATUS_STOP,   /* the program cannot go on: log and exit */
};

/* `code` is a static lower-case word with dashes, for logs and tests ("truncated", "lost-connection"). */
struct status {
    enum status_class class;
    const char *code;
};

/* Text for people about the last failure; always terminated. */
struct fault {
    char text[512];
};

#define MUST_USE __attribute__((warn_unused_result))
#define FORMAT_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

static inline struct status status_ok(void) { return (struct status){STATUS_OK, ""}; }
static inline int status_failed(struct status s) { return s.class != STATUS_OK; }

/* Fills `fault` (which may be NULL) and returns the status. */
struct status status_fail(struct fault *fault, enum status_class class, const char *code, const char *format, ...)
    FORMAT_LIKE(4, 5);

#endif
