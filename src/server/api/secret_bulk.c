/* Many secrets in one request, as a list or as a map. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "src/server/api/handlers.h"
#include "src/server/api/secret.h"

struct bulk {
	const char *project_id;
	const char *environment; /* NULL: development */
	cJSON *secrets;
	cJSON *deleted;
	struct batch batch;
};

static int
read_body(struct call *call, struct bulk *bulk)
{
	const struct field fields[] = {
	    {"project_id", FIELD_KIND_ID, true, 0, 0, &bulk->project_id},
	    {"environment", FIELD_KIND_ENVIRONMENT, false, 0, 0,
		&bulk->environment},
	    {"key_epoch", FIELD_KIND_NUMBER, false, 0, 0,
		&bulk->batch.key_epoch},
	    {"secrets", FIELD_KIND_ANY, false, 0, 0, &bulk->secrets},
	    {"deleted", FIELD_KIND_ANY, false, 0, 0, &bulk->deleted},
	};
	int rc = fields_read(call, call->body, fields, 5);

	if (rc != 0)
		return rc;
	rc =
	    environment_read(call, NULL, bulk->environment, &bulk->environment);
	if (rc != 0)
		return rc;
	if (bulk->secrets == NULL && bulk->deleted == NULL)
		return reply_invalid(call, "secrets", "This field is required");
	if (bulk->secrets != NULL && !cJSON_IsObject(bulk->secrets) &&
	    !cJSON_IsArray(bulk->secrets))
		return reply_invalid(call, "secrets",
		    "Input should be a valid dictionary or list");
	if (bulk->deleted != NULL && !cJSON_IsArray(bulk->deleted))
		return reply_invalid(
		    call, "deleted", "Input should be a valid list");
	return 0;
}

/* The one environment of a request; items may repeat it. */
static int
check_environment(struct call *call, struct bulk *bulk, const char *given)
{
	if (given == NULL)
		return 0;
	if (bulk->environment == NULL)
		bulk->environment = given;
	if (text_equal(bulk->environment, given))
		return 0;
	return reply_invalid(call, "environment",
	    "All secrets of a request belong to one environment");
}

static int
read_item(struct call *call, struct bulk *bulk, cJSON *item, bool deleted)
{
	struct change *change = &bulk->batch.changes[bulk->batch.n];
	const char *name = NULL;
	const char *environment = NULL;
	const cJSON *policy = NULL;
	const struct field fields[] = {
	    {"key", FIELD_KIND_TEXT, true, 1, 4096, &name},
	    {"value", FIELD_KIND_TEXT, !deleted, 0, REQUEST_MAX,
		&change->value},
	    {"if_version", FIELD_KIND_NUMBER, false, 0, 0, &change->if_version},
	    {"environment", FIELD_KIND_ENVIRONMENT, false, 0, 0, &environment},
	    /* Of a client for a server that keeps them with the secret. */
	    {"policy", FIELD_KIND_ANY, false, 0, 0, &policy},
	};
	int rc;

	if (!cJSON_IsObject(item))
		return reply_invalid(call, deleted ? "deleted" : "secrets",
		    "Input should be a list of objects with key and value");
	if ((rc = fields_read(call, item, fields, 5)) != 0 ||
	    (rc = check_environment(call, bulk, environment)) != 0)
		return rc;
	change->name = json_get(item, "key")->valuestring;
	change->deleted = deleted;
	if ((rc = secret_name_read(call, change->name)) != 0)
		return rc;
	if (change->value != NULL &&
	    (rc = secret_value_read(call, change->name, change->value)) != 0)
		return rc;
	bulk->batch.n++;
	return 0;
}

static int
read_map(struct call *call, struct bulk *bulk)
{
	cJSON *item;
	int rc;

	cJSON_ArrayForEach(item, bulk->secrets) {
		struct change *change = &bulk->batch.changes[bulk->batch.n];

		change->name = item->string;
		change->value = cJSON_GetStringValue(item);
		if (change->value == NULL)
			return reply_invalid(call, item->string,
			    "Input should be a valid string");
		if ((rc = secret_name_read(call, change->name)) != 0 ||
		    (rc = secret_value_read(
			 call, change->name, change->value)) != 0)
			return rc;
		bulk->batch.n++;
	}
	return 0;
}

static int
read_list(struct call *call, struct bulk *bulk, cJSON *list, bool deleted)
{
	cJSON *item;

	cJSON_ArrayForEach(item, list) {
		int rc = read_item(call, bulk, item, deleted);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* After upper-casing: two that were told apart by case are one name. */
static int
check_twins(struct call *call, const struct batch *batch, struct err *err)
{
	const char **names = calloc(batch->n, sizeof(*names));
	int rc = 0;

	if (names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < batch->n; i++)
		names[i] = batch->changes[i].name;
	qsort(names, batch->n, sizeof(*names), compare_names);
	for (size_t i = 1; rc == 0 && i < batch->n; i++) {
		if (text_equal(names[i - 1], names[i]))
			rc = reply_invalid(call, names[i],
			    "The name occurs twice in the request");
	}
	free(names);
	return rc;
}

static int
read_changes(struct call *call, struct bulk *bulk, struct err *err)
{
	size_t n = (size_t)cJSON_GetArraySize(bulk->secrets) +
	    (size_t)cJSON_GetArraySize(bulk->deleted);
	size_t most = (size_t)call->server->limits.secrets;
	int rc;

	if (n == 0 || n > most)
		return reply_invalid(call, "secrets",
		    "Input should have 1 to %zu entries", most);
	bulk->batch.changes = calloc(n, sizeof(struct change));
	if (bulk->batch.changes == NULL)
		return err_memory(err);
	rc = cJSON_IsObject(bulk->secrets)
	    ? read_map(call, bulk)
	    : read_list(call, bulk, bulk->secrets, false);
	if (rc == 0)
		rc = read_list(call, bulk, bulk->deleted, true);
	if (rc == 0)
		rc = check_twins(call, &bulk->batch, err);
	return rc;
}

static int
reply_written(struct call *call, const struct batch *batch, struct err *err)
{
	struct writer *w = reply_begin(call, 201, "Secrets processed");

	writer_open(w, '{');
	writer_member_number(w, "created", batch->created);
	writer_member_number(w, "updated", batch->updated);
	writer_member_number(w, "deleted", batch->deleted);
	writer_member_number(w, "total", (int64_t)batch->n);
	writer_member(w, "environment", batch->environment);
	writer_member_number(w, "revision", batch->revision);
	writer_key(w, "versions");
	writer_open(w, '[');
	for (size_t i = 0; i < batch->n; i++) {
		const struct change *change = &batch->changes[i];

		writer_open(w, '{');
		writer_key(w, "key");
		writer_plain(w, change->name, strlen(change->name));
		writer_member_number(w, "version", change->version);
		writer_close(w, '}');
	}
	writer_close(w, ']');
	writer_close(w, '}');
	return reply_end(call, err);
}

int
secret_bulk(struct call *call, struct err *err)
{
	struct bulk bulk = {.project_id = NULL};
	struct project project;
	int rc;

	if ((rc = read_body(call, &bulk)) != 0 ||
	    (rc = project_find(call, bulk.project_id, ACTION_SECRET_WRITE,
		 &project, err)) != 0)
		return rc;
	rc = read_changes(call, &bulk, err);
	if (rc == 0) {
		bulk.batch.project = &project;
		bulk.batch.environment =
		    bulk.environment != NULL ? bulk.environment : "development";
		rc = db_begin(call->db, err);
	}
	if (rc == 0)
		rc = batch_apply(call, &bulk.batch, err);
	if (rc == 0)
		rc = reply_written(call, &bulk.batch, err);
	free(bulk.batch.changes);
	return reply_commit(call, rc, err);
}
