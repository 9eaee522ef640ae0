#include "config.h"

#include "src/server/api/secret.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fernet.h>
#include <agentsecrets/names.h>

int
secret_name_read(struct call *call, char *name)
{
	char stored[NAME_MAX_BYTES + 1];

	if (name_to_stored(stored, name, strlen(name), NULL) < 0)
		return reply_invalid(
		    call, name, "A name must match [A-Z][A-Z0-9_]{0,254}");
	/* The same length: only the case changes. */
	memcpy(name, stored, strlen(name));
	return 0;
}

int
secret_value_read(struct call *call, const char *field, const char *text)
{
	const int most = call->server->limits.value_bytes + BLOB_OVERHEAD;
	size_t len = strlen(text);
	uint8_t *bytes = NULL;
	long n = -1;

	if (len <= ((size_t)most + 2) / 3 * 4) {
		bytes = malloc(len / 4 * 3 + 3);
		if (bytes != NULL)
			n = base64_decode(
			    bytes, len / 4 * 3 + 3, text, len, BASE64_STANDARD);
		free(bytes);
	}
	if (n >= BLOB_OVERHEAD && n <= most)
		return 0;
	return reply_invalid(call, field,
	    "Input should be canonical base64 of %d to %d bytes", BLOB_OVERHEAD,
	    most);
}

int
secret_value_open(struct call *call, enum statement statement, struct buf *out,
    struct err *err)
{
	size_t len;
	const char *token = db_text(call->db, statement, COLUMN_VALUE, &len);

	if (token == NULL)
		return 0;
	out->len = 0;
	if (fernet_open(
		out, call->server->keys, call->server->keys_n, token, len) < 0)
		return err_set(err, EXIT_FAILED,
		    "a stored value does not open with the key file");
	return 1;
}

int
secret_write(struct call *call, struct writer *w, enum statement statement,
    struct buf *scratch, struct err *err)
{
	bool deleted = db_integer(call->db, statement, COLUMN_DELETED) != 0;
	int has_value = secret_value_open(call, statement, scratch, err);
	const char *text;
	size_t len;

	if (has_value < 0)
		return has_value;
	writer_open(w, '{');
	if (!deleted) {
		text = db_text(call->db, statement, COLUMN_ID, &len);
		writer_key(w, "id");
		writer_plain(w, text, len);
	}
	writer_key(w, "key");
	text = db_text(call->db, statement, COLUMN_NAME, &len);
	writer_plain(w, text, len);
	writer_key(w, "value");
	writer_plain(
	    w, has_value ? buf_text_view(scratch) : NULL, scratch->len);
	if (!deleted) {
		writer_key(w, "policy");
		writer_open(w, '{');
		writer_close(w, '}');
	}
	writer_member_number(
	    w, "version", db_integer(call->db, statement, COLUMN_VERSION));
	writer_member_time(
	    w, "updated_at", db_integer(call->db, statement, COLUMN_UPDATED));
	writer_close(w, '}');
	return 0;
}
