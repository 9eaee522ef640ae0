#include "config.h"

#include "vault_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "lines.h"

static const char title[] = "agentsecrets-vault 1";

enum {
	VERSION_MAX = (1 << 24) - 1, /* A3: three bytes */
	ROW_FIELDS = 6,
};

const char *
vault_row_fault(const struct vault_row *row)
{
	if (!name_is_stored(row->name))
		return "it is not a name";
	if (row->version > VERSION_MAX ||
	    (row->epoch == 0) != (row->version == 0))
		return "it has an impossible version";
	if (row->deleted
		? row->blob_len != BLOB_OVERHEAD
		: row->blob_len < BLOB_OVERHEAD || row->blob_len > BLOB_MAX)
		return "its ciphertext has an impossible length";
	return NULL;
}

static const char *
head_fault(const struct vault *vault)
{
	struct field origin = {vault->origin, strlen(vault->origin)};
	char copy[URL_MAX_BYTES + 1];

	if (!text_is_uuid(vault->project) || !text_is_uuid(vault->workspace))
		return "an id is malformed";
	if (!environment_is_known(vault->environment))
		return "the environment is unknown";
	if (field_origin(copy, sizeof(copy), &origin) < 0)
		return "the server is neither 'embedded' nor a URL";
	return NULL;
}

static int
parse_head(struct vault *out, struct lines *lines, struct err *err)
{
	const char *fault;
	struct line line;
	int rc = lines_next(lines, &line, err);

	if (rc < 0)
		return rc;
	if (rc == 0 || line.n != 5 || !field_is(&line.fields[0], "project") ||
	    field_uuid(out->project, &line.fields[1]) < 0 ||
	    field_uuid(out->workspace, &line.fields[2]) < 0 ||
	    field_copy(out->environment, sizeof(out->environment),
		&line.fields[3]) < 0 ||
	    field_origin(out->origin, sizeof(out->origin), &line.fields[4]) < 0)
		return lines_wrong(lines, "it is not a 'project' line", err);
	fault = head_fault(out);
	if (fault != NULL)
		return lines_wrong(lines, fault, err);
	rc = lines_next(lines, &line, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || line.n != 3 || !field_is(&line.fields[0], "pulled") ||
	    field_u64(&out->pulled_at, UINT64_MAX, &line.fields[1]) < 0 ||
	    field_u64(&out->revision, UINT64_MAX, &line.fields[2]) < 0)
		return lines_wrong(lines, "it is not a 'pulled' line", err);
	return 0;
}

/* @param blob  room for the longest one */
static const char *
parse_row(struct vault_row *out, const struct line *line, struct buf *blob)
{
	const struct field *f = line->fields;
	long len;

	if (line->n != ROW_FIELDS ||
	    (!field_is(&f[0], "secret") && !field_is(&f[0], "deleted")))
		return "it is neither a 'secret' nor a 'deleted' line";
	if (field_copy(out->name, sizeof(out->name), &f[1]) < 0 ||
	    field_u32(&out->epoch, &f[2]) < 0 ||
	    field_u32(&out->version, &f[3]) < 0 ||
	    field_u64(&out->row, UINT64_MAX, &f[4]) < 0)
		return "a name or number is malformed";
	blob->len = 0;
	if (buf_reserve(blob, f[5].len + 3) < 0)
		return "there is not enough memory for it";
	len = base64_decode(
	    blob->data, blob->cap, f[5].text, f[5].len, BASE64_STANDARD);
	if (len < 0)
		return "its ciphertext is not canonical base64";
	out->deleted = field_is(&f[0], "deleted");
	out->blob = blob->data;
	out->blob_len = (size_t)len;
	return vault_row_fault(out);
}

int
vault_parse(struct vault *out, const char *text, size_t len, struct err *err)
{
	AUTO_VAULT struct vault local = VAULT_INIT;
	AUTO_BUF struct buf blob = BUF_INIT;
	struct lines lines;
	struct line line;
	int rc = lines_open(&lines, text, len, title, err);

	if (rc < 0)
		return rc;
	rc = parse_head(&local, &lines, err);
	if (rc < 0)
		return rc;
	while ((rc = lines_next(&lines, &line, err)) > 0) {
		struct vault_row row;
		const char *fault = parse_row(&row, &line, &blob);

		if (fault == NULL && local.rows_n > 0 &&
		    strcmp(local.rows[local.rows_n - 1].name, row.name) >= 0)
			fault = "names are not sorted";
		if (fault != NULL)
			return lines_wrong(&lines, fault, err);
		if (vault_put(&local, &row, err) < 0)
			return -EXIT_FAILED;
	}
	if (rc < 0)
		return rc;
	vault_release(out);
	*out = local;
	local = (struct vault)VAULT_INIT;
	return 0;
}

static int
print_row(struct buf *out, const struct vault_row *row)
{
	size_t size = base64_encoded_size(row->blob_len, BASE64_STANDARD);

	if (buf_printf(out, "%s %s %" PRIu32 " %" PRIu32 " %" PRIu64 " ",
		row->deleted ? "deleted" : "secret", row->name, row->epoch,
		row->version, row->row) < 0 ||
	    buf_reserve(out, size) < 0)
		return -1;
	out->len += base64_encode((char *)out->data + out->len, size, row->blob,
	    row->blob_len, BASE64_STANDARD);
	return buf_append_text(out, "\n");
}

int
vault_print(struct buf *out, struct vault *vault, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	const char *fault = head_fault(vault);

	if (fault != NULL)
		return err_set(
		    err, EXIT_FAILED, "cannot write a vault: %s", fault);
	vault_sort(vault);
	if (buf_printf(&text,
		"%s\nproject %s %s %s %s\npulled %" PRIu64 " %" PRIu64 "\n",
		title, vault->project, vault->workspace, vault->environment,
		vault->origin, vault->pulled_at, vault->revision) < 0)
		return err_memory(err);
	for (size_t i = 0; i < vault->rows_n; i++) {
		if (print_row(&text, &vault->rows[i]) < 0)
			return err_memory(err);
	}
	if (lines_close(&text) < 0 || buf_append(out, text.data, text.len) < 0)
		return err_memory(err);
	return 0;
}
