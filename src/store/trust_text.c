#include "config.h"

#include "trust_text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "lines.h"

static const char title[] = "agentsecrets-trust 1";

/* How a pin came to be; the index is enum trust_pin_how. */
static const char *const pin_words[] = {"line", "number", "first-use"};

enum { PIN_WORDS = sizeof(pin_words) / sizeof(pin_words[0]) };

/* Each parse_X fills from the fields after the keyword: NULL, or why not. */

static const char *
parse_me(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;

	if (out->has_me)
		return "a second 'me'";
	if (line->n > 3 || (line->n == 3 && !field_is(&f[2], "exposed")) ||
	    field_key(out->me, &f[1]) < 0)
		return "malformed 'me'";
	out->has_me = true;
	out->exposed = line->n == 3;
	return NULL;
}

static bool
email_is_sound(const char *email)
{
	const char *at = strchr(email, '@');

	return strlen(email) >= 3 && at != NULL && strchr(at + 1, '@') == NULL;
}

static const char *
parse_pin(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;
	struct trust_pin *pin =
	    trust_grow(&out->pins, &out->pins_n, sizeof(*pin));
	int how = 0;

	if (pin == NULL)
		return "out of memory";
	if (field_key(pin->public_key, &f[1]) < 0 ||
	    field_copy(pin->email, sizeof(pin->email), &f[2]) < 0 ||
	    !email_is_sound(pin->email))
		return "malformed 'pin'";
	while (how < PIN_WORDS && !field_is(&f[3], pin_words[how]))
		how++;
	if (how == PIN_WORDS)
		return "malformed 'pin'";
	pin->how = (enum trust_pin_how)how;
	return NULL;
}

static const char *
parse_workspace(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;
	struct trust_workspace *workspace = trust_grow(
	    &out->workspaces, &out->workspaces_n, sizeof(*workspace));

	if (workspace == NULL)
		return "out of memory";
	workspace->compat = field_is(&f[4], "compat");
	if (field_uuid(workspace->id, &f[1]) < 0 ||
	    field_u32(&workspace->epoch, &f[2]) < 0 || workspace->epoch == 0 ||
	    field_hash(workspace->fingerprint, &f[3]) < 0 ||
	    (!workspace->compat && !field_is(&f[4], "strict")) ||
	    field_key(workspace->source, &f[5]) < 0 ||
	    field_name(workspace->name, sizeof(workspace->name), &f[6]) < 0)
		return "malformed 'workspace'";
	return NULL;
}

static const char *
parse_to(struct trust *out, const struct line *line)
{
	struct trust_recipient *to =
	    trust_grow(&out->recipients, &out->recipients_n, sizeof(*to));

	if (to == NULL)
		return "out of memory";
	if (field_uuid(to->workspace, &line->fields[1]) < 0 ||
	    field_key(to->public_key, &line->fields[2]) < 0)
		return "malformed 'to'";
	return NULL;
}

static const char *
parse_token(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;
	struct trust_token *token =
	    trust_grow(&out->tokens, &out->tokens_n, sizeof(*token));

	if (token == NULL)
		return "out of memory";
	if (field_uuid(token->workspace, &f[1]) < 0 ||
	    field_key(token->public_key, &f[2]) < 0 ||
	    field_u64(&token->expires, UINT64_MAX, &f[3]) < 0 ||
	    field_copy(token->id, sizeof(token->id), &f[4]) < 0 ||
	    token->id[0] == '\0' ||
	    field_name(token->name, sizeof(token->name), &f[5]) < 0)
		return "malformed 'token'";
	return NULL;
}

static const char *
parse_project(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;
	struct trust_project *project =
	    trust_grow(&out->projects, &out->projects_n, sizeof(*project));

	if (project == NULL)
		return "out of memory";
	if (field_uuid(project->id, &f[1]) < 0 ||
	    field_uuid(project->workspace, &f[2]) < 0 ||
	    field_name(project->name, sizeof(project->name), &f[3]) < 0)
		return "malformed 'project'";
	return NULL;
}

static const char *
parse_directory(struct trust *out, const struct line *line)
{
	const struct field *f = line->fields;
	struct trust_directory *directory = trust_grow(
	    &out->directories, &out->directories_n, sizeof(*directory));
	uint8_t hash[KEY_BYTES];
	char path[PATH_MAX];

	if (directory == NULL)
		return "out of memory";
	if (field_uuid(directory->project, &f[1]) < 0 ||
	    field_uuid(directory->workspace, &f[2]) < 0 ||
	    field_origin(directory->origin, sizeof(directory->origin), &f[3]) <
		0 ||
	    (!field_is(&f[4], "-") && field_hash(hash, &f[4]) < 0) ||
	    field_copy(directory->rules, sizeof(directory->rules), &f[4]) < 0 ||
	    field_name(path, sizeof(path), &f[5]) < 1 || path[0] != '/')
		return "malformed 'directory'";
	directory->path = strdup(path);
	return directory->path != NULL ? NULL : "out of memory";
}

/* In the order of the file. */
static const struct kind {
	const char *keyword;
	size_t least; /* fields, keyword included */
	size_t most;
	const char *(*parse)(struct trust *, const struct line *);
} kinds[] = {
    {"me", 2, 3, parse_me},
    {"pin", 4, 4, parse_pin},
    {"workspace", 7, 7, parse_workspace},
    {"to", 3, 3, parse_to},
    {"token", 6, 6, parse_token},
    {"project", 4, 4, parse_project},
    {"directory", 6, 6, parse_directory},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* @param kind  index of the kind so far; kinds never go back */
static const char *
parse_line(struct trust *out, const struct line *line, size_t *kind)
{
	while (
	    *kind < KINDS && !field_is(&line->fields[0], kinds[*kind].keyword))
		(*kind)++;
	if (*kind == KINDS)
		return "it is unknown or out of order";
	if (line->n < kinds[*kind].least || line->n > kinds[*kind].most)
		return "it has too few or too many fields";
	return kinds[*kind].parse(out, line);
}

static int
compare_pin_keys(const void *a, const void *b)
{
	return memcmp(((const struct trust_pin *)a)->public_key,
	    ((const struct trust_pin *)b)->public_key, KEY_BYTES);
}

static int
compare_pin_emails(const void *a, const void *b)
{
	return strcmp(((const struct trust_pin *)a)->email,
	    ((const struct trust_pin *)b)->email);
}

static int
compare_workspaces(const void *a, const void *b)
{
	return strcmp(((const struct trust_workspace *)a)->id,
	    ((const struct trust_workspace *)b)->id);
}

static int
compare_recipients(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct trust_recipient));
}

static int
compare_tokens(const void *a, const void *b)
{
	return strcmp(((const struct trust_token *)a)->id,
	    ((const struct trust_token *)b)->id);
}

static int
compare_projects(const void *a, const void *b)
{
	return strcmp(((const struct trust_project *)a)->id,
	    ((const struct trust_project *)b)->id);
}

static int
compare_directories(const void *a, const void *b)
{
	return strcmp(((const struct trust_directory *)a)->path,
	    ((const struct trust_directory *)b)->path);
}

/* Whether two entries are equal. Sorting a copy keeps this n log n. */
static bool
has_twins(const void *items, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	uint8_t *copy;
	bool twins = false;

	if (n < 2)
		return false;
	copy = malloc(n * size);
	if (copy == NULL)
		return true;
	memcpy(copy, items, n * size);
	qsort(copy, n, size, compare);
	for (size_t i = 1; i < n && !twins; i++)
		twins = compare(copy + (i - 1) * size, copy + i * size) == 0;
	free(copy);
	return twins;
}

static bool
any_twins(const struct trust *t)
{
	return has_twins(
		   t->pins, t->pins_n, sizeof(*t->pins), compare_pin_keys) ||
	    has_twins(
		t->pins, t->pins_n, sizeof(*t->pins), compare_pin_emails) ||
	    has_twins(t->workspaces, t->workspaces_n, sizeof(*t->workspaces),
		compare_workspaces) ||
	    has_twins(t->recipients, t->recipients_n, sizeof(*t->recipients),
		compare_recipients) ||
	    has_twins(
		t->tokens, t->tokens_n, sizeof(*t->tokens), compare_tokens) ||
	    has_twins(t->projects, t->projects_n, sizeof(*t->projects),
		compare_projects) ||
	    has_twins(t->directories, t->directories_n, sizeof(*t->directories),
		compare_directories);
}

int
trust_parse(struct trust *out, const char *text, size_t len, struct err *err)
{
	AUTO_TRUST struct trust local = TRUST_INIT;
	struct lines lines;
	struct line line;
	size_t kind = 0;
	int rc = lines_open(&lines, text, len, title, err);

	if (rc < 0)
		return rc;
	while ((rc = lines_next(&lines, &line, err)) > 0) {
		const char *fault = parse_line(&local, &line, &kind);

		if (fault != NULL)
			return lines_wrong(&lines, fault, err);
	}
	if (rc < 0)
		return rc;
	if (any_twins(&local))
		return err_set(
		    err, EXIT_UNSAFE, "damaged: it says something twice");
	trust_release(out);
	*out = local;
	local = (struct trust)TRUST_INIT;
	return 0;
}

static int
print_people(struct buf *out, const struct trust *trust)
{
	if (trust->has_me &&
	    (buf_append_text(out, "me ") < 0 ||
		key_append(out, trust->me) < 0 ||
		buf_append_text(out, trust->exposed ? " exposed\n" : "\n") < 0))
		return -1;
	for (size_t i = 0; i < trust->pins_n; i++) {
		const struct trust_pin *pin = &trust->pins[i];

		if (buf_append_text(out, "pin ") < 0 ||
		    key_append(out, pin->public_key) < 0 ||
		    buf_printf(
			out, " %s %s\n", pin->email, pin_words[pin->how]) < 0)
			return -1;
	}
	return 0;
}

static int
print_workspaces(struct buf *out, const struct trust *trust)
{
	for (size_t i = 0; i < trust->workspaces_n; i++) {
		const struct trust_workspace *w = &trust->workspaces[i];
		char digits[2 * KEY_BYTES + 1];

		text_hex_encode(digits, w->fingerprint, KEY_BYTES);
		if (buf_printf(out, "workspace %s %" PRIu32 " %s %s ", w->id,
			w->epoch, digits,
			w->compat ? "compat" : "strict") < 0 ||
		    key_append(out, w->source) < 0 ||
		    buf_append_text(out, " ") < 0 ||
		    name_append(out, w->name) < 0 ||
		    buf_append_text(out, "\n") < 0)
			return -1;
	}
	for (size_t i = 0; i < trust->recipients_n; i++) {
		if (buf_printf(out, "to %s ", trust->recipients[i].workspace) <
			0 ||
		    key_append(out, trust->recipients[i].public_key) < 0 ||
		    buf_append_text(out, "\n") < 0)
			return -1;
	}
	return 0;
}

static int
print_tokens(struct buf *out, const struct trust *trust)
{
	for (size_t i = 0; i < trust->tokens_n; i++) {
		const struct trust_token *t = &trust->tokens[i];

		if (buf_printf(out, "token %s ", t->workspace) < 0 ||
		    key_append(out, t->public_key) < 0 ||
		    buf_printf(out, " %" PRIu64 " %s ", t->expires, t->id) <
			0 ||
		    name_append(out, t->name) < 0 ||
		    buf_append_text(out, "\n") < 0)
			return -1;
	}
	return 0;
}

static int
print_places(struct buf *out, const struct trust *trust)
{
	for (size_t i = 0; i < trust->projects_n; i++) {
		const struct trust_project *p = &trust->projects[i];

		if (buf_printf(out, "project %s %s ", p->id, p->workspace) <
			0 ||
		    name_append(out, p->name) < 0 ||
		    buf_append_text(out, "\n") < 0)
			return -1;
	}
	for (size_t i = 0; i < trust->directories_n; i++) {
		const struct trust_directory *d = &trust->directories[i];

		if (buf_printf(out, "directory %s %s %s %s ", d->project,
			d->workspace, d->origin, d->rules) < 0 ||
		    name_append(out, d->path) < 0 ||
		    buf_append_text(out, "\n") < 0)
			return -1;
	}
	return 0;
}

int
trust_print(struct buf *out, const struct trust *trust, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (buf_printf(&text, "%s\n", title) < 0 ||
	    print_people(&text, trust) < 0 ||
	    print_workspaces(&text, trust) < 0 ||
	    print_tokens(&text, trust) < 0 || print_places(&text, trust) < 0 ||
	    lines_close(&text) < 0 || buf_append(out, text.data, text.len) < 0)
		return err_memory(err);
	return 0;
}
