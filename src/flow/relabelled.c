#include "config.h"

#include "relabelled.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

/*
 * A nonce that was drawn at random begins with a larger number than a version
 * that is so little ahead of what was seen, in all but one of 256 cases. That
 * spares trying every name for every blob.
 */
enum { VERSIONS_AHEAD = 1 << 16 };

static const char *const environments[] = {
    "development", "staging", "production"};

enum { ENVIRONMENTS = sizeof(environments) / sizeof(environments[0]) };

static struct vault *
add(struct seen *seen, struct vault *view, struct err *err)
{
	struct vault *vault = view;
	struct vault **grown;

	if (vault == NULL)
		vault = calloc(1, sizeof(*vault));
	grown = vault == NULL
	    ? NULL
	    : reallocarray(seen->vaults, seen->n + 1, sizeof(struct vault *));
	if (grown == NULL) {
		if (view == NULL)
			free(vault);
		err_memory(err);
		return NULL;
	}
	seen->vaults = grown;
	seen->vaults[seen->n++] = vault;
	return vault;
}

/* What the server shows is judged by others; here only its bytes count. */
static int
add_shown(struct seen *seen, const struct vault *vault,
    const struct net_rows *shown, struct err *err)
{
	struct vault *copy = add(seen, NULL, err);

	if (copy == NULL)
		return -(int)err->status;
	memcpy(copy->project, vault->project, sizeof(copy->project));
	memcpy(
	    copy->environment, vault->environment, sizeof(copy->environment));
	for (size_t i = 0; i < shown->n; i++) {
		const struct net_row *from = &shown->items[i];
		struct vault_row row = {.blob_len = from->blob_len};

		if (from->deleted || !name_is_stored(from->name))
			continue;
		memcpy(row.name, from->name, sizeof(row.name));
		row.blob = (uint8_t *)(uintptr_t)from->blob;
		(void)vault_put(copy, &row, NULL);
	}
	return 0;
}

static int
add_files(struct seen *seen, const struct vault *vault, const struct home *home,
    const struct trust_project *project, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS; i++) {
		struct vault *file;

		if (text_equal(project->id, vault->project) &&
		    text_equal(environments[i], vault->environment))
			continue;
		file = add(seen, NULL, err);
		if (file == NULL ||
		    vault_load(file, home, project->id, project->workspace,
			environments[i], err) < 0)
			return -(int)err->status;
	}
	return 0;
}

int
seen_gather(struct seen *seen, struct vault *vault,
    const struct net_rows *shown, const struct home *home,
    const struct trust *trust, struct err *err)
{
	if (add(seen, vault, err) == NULL ||
	    add_shown(seen, vault, shown, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < trust->projects_n; i++) {
		const struct trust_project *project = &trust->projects[i];

		if (text_equal(project->workspace, vault->workspace) &&
		    add_files(seen, vault, home, project, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

void
seen_release(struct seen *seen)
{
	for (size_t i = 1; i < seen->n; i++) {
		vault_release(seen->vaults[i]);
		free(seen->vaults[i]);
	}
	free(seen->vaults);
	*seen = (struct seen)SEEN_INIT;
}

static bool
is_bound_to(struct blob_key *key, const struct blob_place *place,
    const uint8_t *blob, size_t len, uint8_t *scratch)
{
	uint32_t version;

	return blob_open(key, place, blob, len, scratch, &version) ==
	    BLOB_BOUND;
}

static bool
is_in(const struct vault *vault, struct blob_key *key,
    const struct blob_place *own, uint32_t claimed, const uint8_t *blob,
    size_t len, uint8_t *scratch)
{
	bool same_vault = text_equal(vault->project, own->project) &&
	    text_equal(vault->environment, own->environment);

	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];
		struct blob_place place = {
		    BLOB_SECRET, vault->project, vault->environment, row->name};

		if (same_vault && text_equal(row->name, own->name))
			continue;
		if (row->blob_len == len && memcmp(row->blob, blob, len) == 0)
			return true;
		if (claimed <= row->version + VERSIONS_AHEAD &&
		    is_bound_to(key, &place, blob, len, scratch))
			return true;
	}
	return false;
}

/* A tombstone, its own value of another environment: known without a vault. */
static bool
is_near(struct blob_key *key, const struct blob_place *own, const uint8_t *blob,
    size_t len, uint8_t *scratch)
{
	struct blob_place place = *own;

	place.kind = BLOB_DELETED;
	if (is_bound_to(key, &place, blob, len, scratch))
		return true;
	place.kind = BLOB_SECRET;
	for (size_t i = 0; i < ENVIRONMENTS; i++) {
		place.environment = environments[i];
		if (!text_equal(environments[i], own->environment) &&
		    is_bound_to(key, &place, blob, len, scratch))
			return true;
	}
	return false;
}

bool
is_relabelled(const struct seen *seen, struct blob_key *key,
    const struct blob_place *place, const uint8_t *blob, size_t len,
    uint8_t *scratch)
{
	uint32_t claimed =
	    (uint32_t)blob[0] << 16 | (uint32_t)blob[1] << 8 | blob[2];

	for (size_t i = 0; i < seen->n; i++) {
		if (is_in(seen->vaults[i], key, place, claimed, blob, len,
			scratch))
			return true;
	}
	return is_near(key, place, blob, len, scratch);
}
