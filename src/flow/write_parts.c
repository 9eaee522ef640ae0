#include "config.h"

#include "write_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/text.h>

/* One request: what of the changes goes into it, sealed. */
struct part {
	const struct change *changes;
	size_t n;
	struct vault_row *sealed;
	struct net_rows rows; /* views of `sealed` */
};

#define AUTO_PART __attribute__((cleanup(part_release)))

static void
part_release(struct part *part)
{
	for (size_t i = 0; part->sealed != NULL && i < part->n; i++)
		free(part->sealed[i].blob);
	free(part->sealed);
	free(part->rows.items);
}

static int
part_init(
    struct part *part, const struct change *changes, size_t n, struct err *err)
{
	part->changes = changes;
	part->n = n;
	part->sealed = calloc(n, sizeof(*part->sealed));
	part->rows.items = calloc(n, sizeof(*part->rows.items));
	part->rows.n = n;
	return part->sealed == NULL || part->rows.items == NULL
	    ? err_memory(err)
	    : 0;
}

/* The version to seal: one more than the mark of this epoch. */
static int
next_version(const struct vault_row *known, uint32_t epoch, const char *name,
    uint32_t *out, struct err *err)
{
	uint32_t mark =
	    known != NULL && known->epoch == epoch ? known->version : 0;

	if (mark >= VERSION_LAST)
		return err_set(err, EXIT_FAILED,
		    "'%s' has used up its versions: rotate the workspace key",
		    name);
	*out = mark + 1;
	return 0;
}

/* Seal a change as the next version after the mark of `vault`. */
static int
seal_change(const struct workspace_key *key, struct vault *vault,
    const struct change *change, struct vault_row *out, struct err *err)
{
	struct blob_place place = {change->deleted ? BLOB_DELETED : BLOB_SECRET,
	    vault->project, vault->environment, change->name};
	const struct vault_row *known = vault_find(vault, change->name);
	uint32_t version;
	uint8_t *blob;

	if (next_version(known, key->epoch, change->name, &version, err) < 0)
		return -(int)err->status;
	blob = malloc(change->value.len + BLOB_OVERHEAD);
	if (blob == NULL)
		return err_memory(err);
	blob_seal(key->blobs, &place, version, change->value.data,
	    change->value.len, blob);
	memcpy(out->name, change->name, sizeof(out->name));
	out->deleted = change->deleted;
	out->epoch = key->epoch;
	out->version = version;
	out->row = known != NULL ? known->row : 0;
	out->blob = blob;
	out->blob_len = change->value.len + BLOB_OVERHEAD;
	return 0;
}

static int
part_seal(struct part *part, const struct workspace_key *key,
    struct vault *vault, struct err *err)
{
	for (size_t i = 0; i < part->n; i++) {
		struct net_row *row = &part->rows.items[i];
		struct vault_row *sealed = &part->sealed[i];

		if (seal_change(key, vault, &part->changes[i], sealed, err) < 0)
			return -(int)err->status;
		memcpy(row->name, sealed->name, sizeof(row->name));
		row->deleted = sealed->deleted;
		row->has_version = true;
		row->version = sealed->row;
		row->blob = sealed->blob;
		row->blob_len = sealed->blob_len;
	}
	return 0;
}

static int
compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct net_row *)a)->name,
	    ((const struct net_row *)b)->name);
}

/* The answer names every row; values and deletions come apart. */
static int
take_versions(struct part *part, struct net_rows *written, struct err *err)
{
	if (written->n > 0)
		qsort(written->items, written->n, sizeof(*written->items),
		    compare_rows);
	for (size_t i = 0; i < part->n; i++) {
		if (written->n != part->n ||
		    strcmp(written->items[i].name, part->sealed[i].name) != 0)
			return err_set(err, EXIT_FAILED,
			    "the server's answer does not match what was "
			    "written");
		part->sealed[i].row = written->items[i].version;
	}
	return 0;
}

/*
 * What is stored becomes a part of the conditions. They are not taken from the
 * vault file: what another command put there meanwhile was never compared with
 * the changes that are left.
 */
static int
keep_written(struct parts *parts, const struct part *part, uint64_t revision,
    bool whole, struct err *err)
{
	struct vault *vault = parts->vault;

	for (size_t i = 0; i < part->n; i++) {
		if (vault_put(vault, &part->sealed[i], err) < 0)
			return -(int)err->status;
	}
	vault_sort(vault);
	if (whole || vault->revision == revision - 1)
		vault->revision = revision;
	return 0;
}

/* What was looked at before goes along: the vault has all of it, or nothing. */
static int
record_written(struct parts *parts, const struct part *part, uint64_t revision,
    struct err *err)
{
	AUTO_VAULT struct vault rows = VAULT_INIT;
	AUTO_VAULT struct vault file = VAULT_INIT;
	struct vault *seen = parts->seen;
	uint64_t follows = revision - 1;

	for (size_t i = 0; seen != NULL && i < seen->rows_n; i++) {
		if (vault_put(&rows, &seen->rows[i], err) < 0)
			return -(int)err->status;
	}
	for (size_t i = 0; i < part->n; i++) {
		if (vault_put(&rows, &part->sealed[i], err) < 0)
			return -(int)err->status;
	}
	vault_sort(&rows);
	if (seen != NULL && parts->seen_revision != follows)
		revision = parts->seen_revision;
	if (exchange_record_rows(parts->place, &rows, revision, follows,
		seen != NULL, &file, err) < 0)
		return -(int)err->status;
	parts->seen = NULL;
	return keep_written(parts, part, revision, seen != NULL, err);
}

/* The body of the request that writes these, at most. */
static size_t
body_bytes(const struct change *changes, size_t n)
{
	size_t bytes = NET_BODY_BYTES;

	for (size_t i = 0; i < n; i++)
		bytes += net_row_bytes(
		    changes[i].name, changes[i].value.len + BLOB_OVERHEAD);
	return bytes;
}

static bool
is_too_much(const struct net *net)
{
	return net->http_status == 413 || net->http_status == 422;
}

/*
 * What it was that the server did not take. A 413 may be that of a proxy, and
 * of other servers' 422 the words say nothing.
 */
static int
too_much(const struct part *part, unsigned http_status, struct err *err)
{
	if (http_status != 413)
		return part->n == 1
		    ? err_prefix(err, "'%s' was refused", part->changes[0].name)
		    : err_prefix(err, "%zu names were refused", part->n);
	err_set(err, EXIT_FAILED,
	    "the server takes no request as large as this (%zu names, about "
	    "%zu bytes)",
	    part->n, body_bytes(part->changes, part->n));
	return err_hint(err,
	    "a proxy in front of it may take less than it tells: "
	    "agentsecrets-server --request-bytes makes it tell that");
}

/* One request, and what it stored into the vault. */
static int
write_part(
    struct parts *parts, size_t n, struct net_rows *conflicts, struct err *err)
{
	AUTO_PART struct part part = {.sealed = NULL};
	struct net_rows written = {NULL, 0, BUF_INIT};
	uint64_t revision = 0;
	int rc = part_init(&part, parts->changes + parts->stored, n, err);

	if (rc == 0)
		rc = part_seal(&part, parts->key, parts->vault, err);
	if (rc == 0) {
		rc = net_write(parts->net, parts->place->project,
		    parts->place->environment, parts->key->epoch, &part.rows,
		    &written, &revision, conflicts, err);
		if (rc < 0 && is_too_much(parts->net))
			rc = too_much(&part, parts->net->http_status, err);
	}
	if (rc == 0 &&
	    (take_versions(&part, &written, err) < 0 ||
		record_written(parts, &part, revision, err) < 0)) {
		err_prefix(err, "stored on the server, but not recorded here");
		rc = err_hint(err, "run 'agentsecrets pull'");
	}
	net_rows_release(&written);
	if (rc == 0)
		parts->stored += n;
	return rc;
}

/* ---- in parts ---------------------------------------------------------- */

static const struct net_row *
find_row(const struct net_rows *sorted, const char *name)
{
	struct net_row wanted;

	if (sorted->n == 0 ||
	    text_copy(wanted.name, sizeof(wanted.name), name, strlen(name)) < 0)
		return NULL;
	return bsearch(&wanted, sorted->items, sorted->n,
	    sizeof(*sorted->items), compare_rows);
}

static bool
has_blob(const struct net_row *there, const struct vault_row *row)
{
	return there->deleted == row->deleted &&
	    there->blob_len == row->blob_len &&
	    memcmp(there->blob, row->blob, row->blob_len) == 0;
}

/*
 * Whether the server would refuse this: what is there is neither what was last
 * seen nor what is to be written.
 *
 * @param there  NULL: nothing is there
 */
static int
is_conflict(const struct net_row *there, const struct change *change,
    const struct parts *parts, struct err *err)
{
	const struct vault_row *known = vault_find(parts->vault, change->name);
	struct vault_row sealed = {.blob = NULL};
	bool same;

	if (there == NULL)
		return known != NULL && known->row != 0;
	/* A server without versions is compared by what it has. */
	if (there->has_version
		? there->version == (known != NULL ? known->row : 0)
		: known != NULL && has_blob(there, known))
		return 0;
	if (seal_change(parts->key, parts->vault, change, &sealed, err) < 0)
		return -(int)err->status;
	same = has_blob(there, &sealed);
	free(sealed.blob);
	return !same;
}

/* Make `there` the rows of it that a 409 would name. */
static int
keep_conflicts(
    struct net_rows *there, const struct parts *parts, struct err *err)
{
	struct net_row *found = calloc(parts->n + 1, sizeof(*found));
	size_t n = 0;
	int rc = found == NULL ? err_memory(err) : 0;

	for (size_t i = parts->stored; rc >= 0 && i < parts->n; i++) {
		const struct change *change = &parts->changes[i];
		const struct net_row *row = find_row(there, change->name);

		rc = is_conflict(row, change, parts, err);
		if (rc <= 0)
			continue;
		if (row != NULL)
			found[n] = *row;
		else
			memcpy(
			    found[n].name, change->name, sizeof(found[n].name));
		n++;
	}
	if (rc < 0) {
		free(found);
		return rc;
	}
	free(there->items);
	there->items = found;
	there->n = n;
	return 0;
}

/* Before the first part: what a later one would fail of fails here. */
static int
find_conflicts(
    const struct parts *parts, struct net_rows *conflicts, struct err *err)
{
	struct net_list list = {.revision = 0};
	int rc = net_secrets(parts->net, parts->place->project,
	    parts->place->environment, parts->vault->revision, &list, err);

	if (rc < 0 || list.unchanged)
		return rc;
	if (list.rows.n > 0)
		qsort(list.rows.items, list.rows.n, sizeof(*list.rows.items),
		    compare_rows);
	rc = keep_conflicts(&list.rows, parts, err);
	if (rc < 0 || list.rows.n == 0) {
		net_rows_release(&list.rows);
		return rc;
	}
	*conflicts = list.rows;
	return err_set(err, EXIT_CONFLICT,
	    "%zu of the secrets have changed on the server", conflicts->n);
}

/* How many of the changes that are left go into one request: at least one. */
static size_t
part_size(const struct parts *parts, const struct net_limits *limits)
{
	const struct change *next = parts->changes + parts->stored;
	size_t bytes = NET_BODY_BYTES;
	size_t n = 0;

	while (parts->stored + n < parts->n && n < limits->names) {
		bytes += net_row_bytes(
		    next[n].name, next[n].value.len + BLOB_OVERHEAD);
		if (n > 0 && bytes > limits->bytes)
			break;
		n++;
	}
	return n;
}

static int
write_split(struct parts *parts, const struct net_limits *limits,
    struct net_rows *conflicts, struct err *err)
{
	int rc = find_conflicts(parts, conflicts, err);

	while (rc == 0 && parts->stored < parts->n) {
		if (parts->caller->progress != NULL)
			parts->caller->progress(
			    "sent", parts->stored, parts->n);
		rc =
		    write_part(parts, part_size(parts, limits), conflicts, err);
	}
	if (parts->caller->progress != NULL)
		parts->caller->progress(NULL, 0, 0);
	return rc;
}

/* ---- both -------------------------------------------------------------- */

/* What no request of this server can hold is refused before any is sent. */
static int
check_values(
    const struct parts *parts, const struct net_limits *limits, struct err *err)
{
	for (size_t i = parts->stored; i < parts->n; i++) {
		const struct change *change = &parts->changes[i];

		if (change->value.len > limits->value_bytes)
			return err_set(err, EXIT_FAILED,
			    "the value of '%s' is larger than the %llu bytes "
			    "that the server takes",
			    change->name,
			    (unsigned long long)limits->value_bytes);
		if (body_bytes(change, 1) > limits->bytes)
			return err_set(err, EXIT_FAILED,
			    "the value of '%s' does not fit into the %llu "
			    "bytes of a request that the server takes",
			    change->name, (unsigned long long)limits->bytes);
	}
	return 0;
}

/* Whether it takes more than one request, whatever is stored already. */
static bool
is_one_part(const struct parts *parts, const struct net_limits *limits)
{
	return parts->n <= limits->names &&
	    body_bytes(parts->changes, parts->n) <= limits->bytes;
}

int
write_parts(struct parts *parts, struct net_rows *conflicts, struct err *err)
{
	struct net_limits limits = {USUAL_SECRETS, USUAL_REQUEST, VALUE_MAX};
	struct err refusal;
	int rc;

	if (is_one_part(parts, &limits) && parts->net->limits.names == 0) {
		rc =
		    write_part(parts, parts->n - parts->stored, conflicts, err);
		if (rc >= 0 || !is_too_much(parts->net))
			return rc;
		/* It may take less than is usual. */
		refusal = *err;
		if (net_ask_limits(parts->net, &limits, err) < 0 ||
		    check_values(parts, &limits, err) < 0)
			return -(int)err->status;
		if (is_one_part(parts, &limits)) {
			*err = refusal;
			return -(int)err->status;
		}
	} else if (net_ask_limits(parts->net, &limits, err) < 0 ||
	    check_values(parts, &limits, err) < 0) {
		return -(int)err->status;
	}
	return is_one_part(parts, &limits)
	    ? write_part(parts, parts->n - parts->stored, conflicts, err)
	    : write_split(parts, &limits, conflicts, err);
}

int
write_parts_explain(const struct parts *parts, struct err *err)
{
	char hint[ERR_HINT_MAX];

	if (parts->stored == 0 || parts->stored == parts->n)
		return -(int)err->status;
	err_prefix(
	    err, "stored %zu of %zu names, then", parts->stored, parts->n);
	snprintf(hint, sizeof(hint), "%s", err->hint);
	return err_hint(err, "%s%sthe same command sends the rest", hint,
	    hint[0] != '\0' ? "; after that " : "");
}
