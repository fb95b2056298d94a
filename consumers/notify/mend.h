#ifndef ORGCODE_NOTIFY_MEND_H
#define ORGCODE_NOTIFY_MEND_H

#include "lane.h"

/* Behind the opening of the lane's producer, when no transaction of its id is open: settles the records of one that was
 * left without markers. A broker that is killed between the decision of a transaction and its markers can come back
 * and take it for complete (seen with Kafka 4.3.1). Its records stay undecided, and the next marker of this producer
 * would settle them: a commit would tell them twice. So the next one is an abort, in every topic of the lane. */
struct status mend_hanging(struct lane *lane, struct fault *fault) MUST_USE;

#endif
