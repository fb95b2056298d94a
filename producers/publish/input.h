#ifndef ORGCODE_PUBLISH_INPUT_H
#define ORGCODE_PUBLISH_INPUT_H

#include "base/status.h"
#include "base/str.h"

/* Bytes of a file or stdin, cut into items: lines, the elements of a JSON array, or CSV records. One item at a time is
 * in memory, and no item is larger than INPUT_ITEM_MAX, whatever the length of the file. */

#define INPUT_ITEM_MAX (((size_t)1 << 20) + 4096)

enum input_format { INPUT_AUTO = 0, INPUT_LINES, INPUT_ARRAY, INPUT_CSV };
#define INPUT_FORMAT_CHOICES "auto|lines|array|csv" /* in the order of enum input_format */

struct input;

/* `path` "-" is stdin. INPUT_AUTO looks at the first character: `[` is an array, `{` lines, anything else CSV. A byte
 * order mark is skipped. RETRY "open" when there is no such file. `path` is borrowed. */
struct status input_open(const char *path, enum input_format format, struct input **out, struct fault *fault) MUST_USE;
/* The same over a descriptor that the input closes; `name` is borrowed and only shown. */
struct status input_open_fd(
    int fd, const char *name, enum input_format format, struct input **out, struct fault *fault) MUST_USE;
void input_close(struct input *input);
/* Called a few times a second while the input has nothing to read; its failure is that of input_next. */
typedef struct status input_idle(void *user, struct fault *fault);
void input_on_idle(struct input *input, input_idle *idle, void *user);

struct input_item {
    struct str text; /* valid until the next call */
    long long line;  /* where it begins, from 1 */
    bool end;        /* nothing is left; text is absent */
};

/* OK: an item, or the end. REJECT: the item at `out->line` is too large ("size"), or the array is broken ("syntax");
 * the next call goes on behind it, after a broken array with the end. RETRY "read": the input cannot be read;
 * "stopping": a signal came. Blank lines are passed over. */
struct status input_next(struct input *input, struct input_item *out, struct fault *fault) MUST_USE;

/* What INPUT_AUTO found; INPUT_AUTO before the first item. */
enum input_format input_format_of(const struct input *input);
const char *input_name(const struct input *input);

#endif
