/* Opening what the vault holds, at the moment of use. */
#include "config.h"

#include "exchange.h"

#include "relabelled.h"

/* What the vault says itself is checked at every use. */
static int
open_unbound(const struct workspace_key *key, struct vault *vault,
    const struct blob_place *place, const struct vault_row *row,
    struct err *err)
{
	const struct seen seen = {&vault, 1};
	struct arena_mark mark = arena_mark();
	uint8_t *scratch = arena_alloc(row->blob_len, err);
	int rc = 1;

	if (scratch == NULL)
		return -(int)err->status;
	if (!key->compat ||
	    is_relabelled(
		&seen, key->blobs, place, row->blob, row->blob_len, scratch))
		rc = err_set(err, EXIT_UNSAFE,
		    "the value of '%s' was not made for this name, project "
		    "and environment",
		    row->name);
	arena_rewind(mark);
	return rc;
}

int
exchange_open(const struct workspace_key *key, struct vault *vault,
    const struct vault_row *row, size_t room, struct secret *out,
    struct err *err)
{
	struct blob_place place = {
	    BLOB_SECRET, vault->project, vault->environment, row->name};
	size_t len = row->blob_len - BLOB_OVERHEAD;
	uint8_t *bytes = arena_alloc(room + len + 1, err);
	uint32_t version = 0;
	int rc = 0;

	if (bytes == NULL)
		return -(int)err->status;
	switch (blob_open(key->blobs, &place, row->blob, row->blob_len,
	    bytes + room, &version)) {
	case BLOB_BROKEN:
		return err_set(err, EXIT_UNSAFE,
		    "the value of '%s' does not open with this workspace's "
		    "key",
		    row->name);
	case BLOB_UNBOUND:
		rc = open_unbound(key, vault, &place, row, err);
		break;
	case BLOB_BOUND:
		/* Below it: accepted from a restored server. */
		if (version > row->version || row->epoch != key->epoch)
			return err_set(err, EXIT_UNSAFE,
			    "the value of '%s' is of another version than "
			    "recorded",
			    row->name);
		break;
	}
	if (rc >= 0)
		*out = (struct secret){bytes, room + len};
	return rc;
}
