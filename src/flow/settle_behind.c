/* What a local copy is known not to have yet. */
#include "config.h"

#include "settle.h"

#include "local.h"

static int
add_behind(struct names *out, const struct place *place, struct vault *vault,
    const char *directory, struct err *err)
{
	AUTO_VAULT struct vault behind = VAULT_INIT;

	if (local_base(&behind, &place->home, vault, directory, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < behind.rows_n; i++) {
		if (names_add(out, behind.rows[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

int
items_behind(struct names *out, const struct place *place, struct err *err)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	enum local_kind kind;
	bool kept;

	if (exchange_load(&vault, place, err) < 0 ||
	    local_kind(&kind, place, err) < 0 ||
	    local_keeps_items(&kept, place, err) < 0 ||
	    (kind == LOCAL_FILE &&
		add_behind(out, place, &vault, place->file.directory, err) <
		    0) ||
	    (kind != LOCAL_NONE && kept &&
		add_behind(out, place, &vault, NULL, err) < 0))
		return -(int)err->status;
	names_sort(out);
	return 0;
}
