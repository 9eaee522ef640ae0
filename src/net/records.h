/* records: the server's JSON objects as records of message.h. */
#ifndef NET_RECORDS_H
#define NET_RECORDS_H

#include <cjson/cJSON.h>

#include "state.h"

/**
 * Append a WORKSPACE_RECORD for each member of an array.
 *
 * @return 0; -EXIT_FAILED when it is no array of workspaces
 */
int add_workspaces(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err);

/** As add_workspaces(), PROJECT_RECORDs. */
int add_projects(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err);

/**
 * Append a ROW for each member of an array of secrets, of tombstones or of
 * conflicts; a null array is an empty one. `value` is decoded, null is no
 * blob.
 *
 * @param deleted  what a row is that has no member "deleted" of its own
 */
int add_rows(struct net_state *state, struct message *answer,
    const cJSON *array, bool deleted, struct err *err);

/**
 * Append a WRITTEN_AT for each member of an array that add_rows() took: its
 * `updated_at` (RFC 3339), 0 where that is missing or says nothing.
 */
void add_times(struct message *answer, const cJSON *array);

/** Append `field` with the member's text, unless it is missing or null. */
int add_text(struct net_state *state, struct message *answer,
    enum message_field field, const cJSON *object, const char *key, size_t most,
    struct err *err);

/** As add_text() for a whole number. */
int add_number(struct net_state *state, struct message *answer,
    enum message_field field, const cJSON *object, const char *key,
    struct err *err);

#endif
