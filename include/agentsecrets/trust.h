/*
 * trust: ~/.agentsecrets/trust, what this machine believes, whatever a
 * server says (A6). Plain text with a SHA-256 trailer against damage. Missing
 * or damaged means refusal, never "empty".
 */
#ifndef AGENTSECRETS_TRUST_H
#define AGENTSECRETS_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

enum trust_pin_how { PIN_LINE, PIN_NUMBER, PIN_FIRST_USE };

struct trust_pin {
	uint8_t public_key[KEY_BYTES];
	char email[EMAIL_MAX + 1];
	enum trust_pin_how how;
};

struct trust_workspace {
	char id[UUID_TEXT + 1];
	uint32_t epoch;
	uint8_t fingerprint[KEY_BYTES]; /* of workspace key and epoch */
	bool compat;			/* else strict */
	uint8_t source[KEY_BYTES];
	char name[LABEL_MAX + 1];
};

struct trust_recipient { /* "to" */
	char workspace[UUID_TEXT + 1];
	uint8_t public_key[KEY_BYTES];
};

struct trust_token {
	char workspace[UUID_TEXT + 1];
	uint8_t public_key[KEY_BYTES];
	uint64_t expires;
	char id[65];
	char name[LABEL_MAX + 1];
};

struct trust_project {
	char id[UUID_TEXT + 1];
	char workspace[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
};

struct trust_directory {
	char project[UUID_TEXT + 1];
	char workspace[UUID_TEXT + 1];
	char origin[URL_MAX_BYTES + 1]; /* or "embedded" */
	char rules[2 * KEY_BYTES + 1];	/* hash of names, minimum, map; "-" */
	char *path;			/* real path; owned */
};

struct trust {
	bool has_me;
	uint8_t me[KEY_BYTES];
	bool exposed;
	struct trust_pin *pins;
	size_t pins_n;
	struct trust_workspace *workspaces;
	size_t workspaces_n;
	struct trust_recipient *recipients;
	size_t recipients_n;
	struct trust_token *tokens;
	size_t tokens_n;
	struct trust_project *projects;
	size_t projects_n;
	struct trust_directory *directories;
	size_t directories_n;
};

#define TRUST_INIT                                                             \
	{                                                                      \
		.has_me = false                                                \
	}
#define AUTO_TRUST __attribute__((cleanup(trust_release)))

/**
 * Parse the text of a trust file to its last byte.
 *
 * @return 0; -EXIT_UNSAFE when the trailer does not match or a line is not
 *         canonical
 */
int trust_parse(
    struct trust *out, const char *text, size_t len, struct err *err);

/** Append the canonical text, trailer included. @return 0; -EXIT_FAILED */
int trust_print(struct buf *out, const struct trust *trust, struct err *err);

/**
 * Read the trust file.
 *
 * @return 0; -EXIT_UNSAFE when it is missing or damaged (hint: what brings it
 *         back)
 */
int trust_load(struct trust *out, const struct home *home, struct err *err);

/** Write it. The caller holds `lock` and has read it under that lock. */
int trust_save(
    const struct trust *trust, const struct home *home, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void trust_release(struct trust *trust);

/** The entry, or NULL. */
struct trust_workspace *trust_workspace_find(
    const struct trust *trust, const char *id);
struct trust_project *trust_project_find(
    const struct trust *trust, const char *id);
/** The entry with that real path, or NULL. */
struct trust_directory *trust_directory_find(
    const struct trust *trust, const char *path);

/** Add the entry or replace the one with the same id (path). 0; -EXIT_FAILED */
int trust_workspace_put(struct trust *trust,
    const struct trust_workspace *workspace, struct err *err);
int trust_project_put(
    struct trust *trust, const struct trust_project *project, struct err *err);
/** `directory->path` is copied. */
int trust_directory_put(struct trust *trust,
    const struct trust_directory *directory, struct err *err);
/** @return whether there was one */
bool trust_directory_remove(struct trust *trust, const char *path);
/** Drop a project and every directory that is bound to it. */
void trust_project_remove(struct trust *trust, const char *id);

#endif
