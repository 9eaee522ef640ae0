/*
 * settings: config.json, the fields that the other AgentSecrets clients share
 * with us (protocol 5.1), and settings.json, which is ours alone. Unknown
 * fields survive. As config.json may hold keys, it is read and written in the
 * arena.
 */
#ifndef AGENTSECRETS_SETTINGS_H
#define AGENTSECRETS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

struct config {
	char server_url[URL_MAX_BYTES + 1]; /* "" when not set */
	char email[EMAIL_MAX + 1];
	char workspace[UUID_TEXT + 1];	       /* selected_workspace_id */
	char environment[ENVIRONMENT_MAX + 1]; /* selected_environment */
	int storage_mode;		       /* 0: not set, 1, 2 */
};

/**
 * Read config.json. A missing or empty file is an empty configuration.
 *
 * @return 0; -EXIT_FAILED when it is damaged
 */
int config_load(
    struct config *config, const struct home *home, struct err *err);

/**
 * Write the fields of `config` into config.json, keeping all others; an empty
 * field is removed. The mode is written as `storage_mode` and as
 * `default_storage_mode`, which is read first: other clients know one or the
 * other. Takes `lock` itself, so the caller must not hold it.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int config_save(
    const struct config *config, const struct home *home, struct err *err);

/* What config.json says of a workspace in the store "config". */
struct config_workspace {
	const char *id;
	const char *name;
	const char *role;   /* NULL: what is there stays; "": none */
	const char *type;   /* the same */
	const uint8_t *key; /* KEY_BYTES in the arena */
};

/**
 * Read a workspace key that lies in config.json, decrypted.
 *
 * @param key  KEY_BYTES in the arena
 * @return 1; 0 when there is none, or something that is no key; -EXIT_FAILED
 *         when the file is damaged
 */
int config_key_load(uint8_t *key, const struct home *home,
    const char *workspace, struct err *err);

/**
 * Write workspaces with their keys, beside those that are there. Takes `lock`
 * itself.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int config_keys_save(const struct home *home,
    const struct config_workspace *workspaces, size_t n, struct err *err);

/**
 * Empty the key of every workspace. Takes `lock` itself.
 *
 * @return 0, also when there was none; -EXIT_FAILED, the old file is as it was
 */
int config_keys_remove(const struct home *home, struct err *err);

enum audit_setting { AUDIT_ON, AUDIT_OFF, AUDIT_REQUIRED };

/* max_age where nobody set one: a vault of any age will do. */
#define ANY_AGE UINT64_MAX

struct settings {
	uint64_t session_cache; /* seconds; 0: off; 3600 by default */
	char **allow_names;	/* dangerous names that are permitted */
	size_t allow_names_n;
	enum audit_setting audit;
	uint64_t max_age;	 /* seconds; ANY_AGE by default */
	bool hardening_required; /* `env` wants more than ordinary memory */
};

#define AUTO_SETTINGS __attribute__((cleanup(settings_release)))

/**
 * Read settings.json. Missing: the defaults. Unknown fields are ignored.
 *
 * @param settings  overwritten; release with settings_release()
 * @return 0; -EXIT_FAILED when a known field has a wrong type or value
 */
int settings_load(
    struct settings *settings, const struct home *home, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void settings_release(struct settings *settings);

#endif
