/*
 * flow: one function for each thing a user does. A flow takes what the
 * command line said, moves data through the rooms below, and returns what is
 * to be shown. It reads no argv and prints nothing; it may ask, through the
 * struct asker that it is given.
 */
#ifndef AGENTSECRETS_FLOW_H
#define AGENTSECRETS_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>
#include <agentsecrets/selection.h>

struct launch_state;

/* How to ask a person. */
struct asker {
	/* Whether there is one. If not, a missing answer names its flag. */
	bool (*is_there)(void);
	/* One line without echo, into the arena; without its line end. */
	int (*secret)(const char *prompt, struct secret *out, struct err *err);
	/* One line; the answer may be empty. With `out` NULL Enter is waited
	 * for, and whatever is typed before is dropped. */
	int (*line)(
	    const char *prompt, char *out, size_t out_len, struct err *err);
	/* Show a secret that was made here, straight from the arena. */
	int (*show)(
	    const char *label, const struct secret *secret, struct err *err);
};

/* What every invocation brings along. */
struct caller {
	const struct asker *ask;
	/* Tell the user one line that is not the result ("warning: …"). */
	void (*notice)(const char *text);
	/* How far something is that may take a while: `done` of `all`; `what`
	 * NULL when it has ended. */
	void (*progress)(const char *what, size_t done, size_t all);
	const char *password_file; /* --password-file or the variable; NULL */
	const char *project;	   /* -p or AGENTSECRETS_PROJECT; NULL */
	const char *environment;   /* -e or AGENTSECRETS_ENV; NULL */
	const char *server;	   /* --server or the variable; NULL */
	const char *storage_mode;  /* AGENTSECRETS_STORAGE_MODE; NULL */
};

/* Where a command works. */
struct flow_where {
	char project_name[LABEL_MAX + 1];
	char environment[ENVIRONMENT_MAX + 1];
};

/* A list of names that the flow owns; release with names_release(). */
struct names {
	char **items;
	size_t n;
	size_t room;
};

#define NAMES_INIT                                                             \
	{                                                                      \
		NULL, 0, 0                                                     \
	}
#define AUTO_NAMES __attribute__((cleanup(names_release)))

/** Append a copy. @return 0, or -1 when memory is out */
int names_add(struct names *names, const char *name);
/** Free them; a zeroed list is fine. */
void names_release(struct names *names);
/** Sort bytewise and drop doubles. */
void names_sort(struct names *names);
/** Whether a name is among them. @param names  sorted */
bool names_has(const struct names *names, const char *name);
/**
 * Join names with ", "; after `max` of them "and N more".
 *
 * @return `out`
 */
char *names_join(
    char *out, size_t out_len, const struct names *names, size_t max);

/* What becomes of names that have one value here and another one there. */
enum resolution {
	RESOLVE_ASK,	/* a person says; without one it is a conflict */
	RESOLVE_REFUSE, /* it is a conflict */
	RESOLVE_OURS,	/* what is here stays */
	RESOLVE_THEIRS, /* what is there is taken */
};

/* ---- env --------------------------------------------------------------- */

struct inject_request {
	char *const *command; /* argv of the command, NULL-terminated */
	struct text_list only;
	struct text_list except;
	struct text_list allow_missing;
	struct text_list allow_names;
	const struct name_map *map;
	size_t map_n;
	const char *prefix;
	bool clean;
	bool clean_has_list;
	struct text_list keep;
	bool preserve;
	bool preserve_has_list;
	struct text_list preserved;
	bool fresh;
	bool has_max_age; /* else that of the settings */
	uint64_t max_age; /* seconds; an older vault is renewed first */
	bool no_core;
	bool verbose; /* tell what was injected */
	bool dry_run; /* report names instead of starting */
	struct launch_state *state;
};

/**
 * Become the command, with the project's secrets in its environment.
 *
 * Returns only on failure or for a dry run.
 *
 * @param injected  dry run: the final names, sorted
 * @return 0 after a dry run; -EXIT_NOT_FOUND, -EXIT_CANNOT_RUN, or the status
 *         of whatever stopped it
 */
int inject_run(const struct inject_request *request,
    const struct caller *caller, struct names *injected, struct err *err);

/* ---- account ----------------------------------------------------------- */

struct init_request {
	const enum key_store *store; /* NULL: the best there is */
	const char *email;	     /* NULL: ask; networked only */
	const char *name;	     /* "First Last"; NULL: ask */
	int storage_mode;	     /* 0: not given */
	const char *project;	     /* NULL: ask on a terminal */
	bool adopt; /* take over the account of another client's home */
};

struct init_result {
	char server[URL_MAX_BYTES + 1];
	char email[EMAIL_MAX + 1];
	char workspace[LABEL_MAX + 1];
	char project[LABEL_MAX + 1]; /* "" when none was made */
	enum key_store store;
	char key_number[36];
	bool project_left_out; /* the account stands, the project does not */
	struct err project_err;
	bool adopted; /* the account was another client's; then: */
	struct names workspaces;
	struct names keyless;	 /* workspaces whose key is not in that home */
	size_t waiting_values;	 /* in keyring.json, to be imported */
	size_t waiting_projects; /* whose they are */
};

/**
 * Make the account of this home: keys here, the record at the server. Or
 * take over the account that another AgentSecrets client has in it.
 *
 * @param result  zeroed before; release with init_result_release()
 * @return 0; -EXIT_FAILED when the home has an account or the server has the
 *         e-mail; -EXIT_USAGE naming the flag of a question that nobody can
 *         answer; taking over: -EXIT_ACCESS for a wrong password, keys that
 *         cannot be got at, or another server; -EXIT_UNSAFE when keys do not
 *         belong together
 */
int init_run(const struct init_request *request, const struct caller *caller,
    struct init_result *result, struct err *err);

/** Free the lists; a zeroed one is fine. */
void init_result_release(struct init_result *result);

struct login_result {
	char server[URL_MAX_BYTES + 1];
	char email[EMAIL_MAX + 1];
	bool has_key;	      /* this machine can open the account's secrets */
	struct names pending; /* workspaces whose key is not accepted here */
};

/**
 * Start a session with a networked server, on this machine for the first time
 * or again.
 */
int login_run(const char *email, const struct caller *caller,
    struct login_result *result, struct err *err);

struct logout_result {
	bool server_told;
	bool keychain_left;	 /* it could not be cleared ... */
	struct err keychain_err; /* ... and why */
};

/**
 * End the session here and at the server, and remove what the store keeps of
 * the keys besides account.json; sealed keys and vault stay.
 */
int logout_run(
    const struct caller *caller, struct logout_result *result, struct err *err);

/** What `logout --forget` is about to remove. */
struct forget_subject {
	char email[EMAIL_MAX + 1];
	bool has_key;	   /* the private key is on this machine */
	bool kit_exported; /* from this machine */
	bool embedded;
};

/** Look at the account before it is forgotten. @return 0; -EXIT_ACCESS */
int forget_look(struct forget_subject *subject, struct err *err);

/**
 * Remove the account from this machine: keys, trust, vault, the keychain's
 * items of its values, and with an embedded server its data. The session must
 * have been ended.
 *
 * @param result  keychain_left and keychain_err are added to it
 */
int forget_run(
    const struct caller *caller, struct logout_result *result, struct err *err);

/* What stands for a workspace's key when people compare machines. */
struct workspace_number {
	char name[LABEL_MAX + 1];
	uint32_t epoch;
	char number[36];
};

struct identity {
	char server[URL_MAX_BYTES + 1];
	char email[EMAIL_MAX + 1];
	char first_name[LABEL_MAX + 1];
	char last_name[LABEL_MAX + 1];
	bool has_key;
	enum key_store store;
	char key_number[36];
	char line[512];
	bool exposed; /* the key was one that a server can know */
	struct workspace_number *workspaces; /* free() */
	size_t workspaces_n;
};

/** Who this machine is. @param identity  zeroed */
int whoami_run(struct identity *identity, struct err *err);

/** Put every workspace key into the session cache. @param seconds how long */
int unlock_run(const struct caller *caller, uint64_t *seconds, struct err *err);

/**
 * Drop every workspace key from the session cache.
 *
 * @param store  what opens the keys without a password all the same, unless
 *               it is KEY_STORE_SEALED
 */
int lock_run(enum key_store *store, struct err *err);

/* ---- key --------------------------------------------------------------- */

/**
 * Make a recovery kit.
 *
 * @param passphrase_file  NULL: ask, twice
 * @param kit  its text, in the arena: it is a secret
 */
int key_export_run(const char *passphrase_file, const struct caller *caller,
    struct secret *kit, struct err *err);

/** Remember that a kit was handed out. */
int key_export_done(struct err *err);

struct key_import_result {
	char key_number[36];
	enum key_store store;
	struct workspace_number *workspaces; /* free() */
	size_t workspaces_n;
	struct names pending;
};

/**
 * Bring the account's private key to this machine from a kit.
 *
 * @param store  NULL: the best there is
 */
int key_import_run(const char *kit_file, const char *passphrase_file,
    const enum key_store *store, const struct caller *caller,
    struct key_import_result *result, struct err *err);

struct key_store_state {
	enum key_store store;
	bool is_moving;		    /* a change broke off, and ... */
	enum key_store other_store; /* ... this one may have copies, too */
};

/** Where the account has its keys. @return 0; -EXIT_ACCESS without one */
int key_store_look(struct key_store_state *state, struct err *err);

/**
 * Bring keys and session to another store, or put anew what should be in this
 * one. Wherever it ends, nothing is lost, and the next one completes it.
 *
 * @return 0; why a keychain cannot be used; -EXIT_ACCESS also when the keys
 *         are not on this machine, or nobody can give the password
 */
int key_store_run(
    enum key_store target, const struct caller *caller, struct err *err);

/* ---- secrets ----------------------------------------------------------- */

struct set_item {
	const char *name; /* as given */
	struct secret value;
};

struct write_result {
	struct flow_where where;
	struct names written;
	struct names deleted;
	struct names taken;  /* what the server had instead of them */
	struct names mapped; /* "name=STORED" that project.json now keeps */
	struct names environments; /* of set: where it is stored */
	size_t unchanged;
};

/** Free the lists; a zeroed one is fine. */
void write_result_release(struct write_result *result);

/**
 * Find out where a command would work, without a server: before somebody is
 * asked for values that have no place to go. On a terminal a directory that is
 * not trusted is asked about, and remembered.
 *
 * @param where  unchanged on failure
 * @return 0; -EXIT_FAILED no project here; -EXIT_ACCESS not set up, not
 *         trusted, another server; -EXIT_USAGE no such environment;
 *         -EXIT_UNSAFE
 */
int where_run(
    const struct caller *caller, struct flow_where *where, struct err *err);

/** Store values: all of them or none. */
int set_run(const struct set_item *items, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err);

/**
 * Store values in every environment, one after the other in the order of
 * environment_names: in each all of them or none. What fails ends it, and the
 * sentence says where they are stored and where not.
 */
int set_everywhere_run(const struct set_item *items, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err);

/** Delete secrets: all of them or none. */
int delete_run(const char *const *names, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err);

/** Read one value, into the arena. */
int get_run(const char *name, const struct caller *caller, struct secret *value,
    struct err *err);

struct list_result {
	struct flow_where where;
	struct names names;
	uint64_t pulled_at;
};

/**
 * The names that the vault holds.
 *
 * @param remote  ask the server first, also where there is a vault
 */
int list_run(bool remote, const struct caller *caller,
    struct list_result *result, struct err *err);

/** The same without ever asking a server: what completion offers. */
int list_known_run(
    const struct caller *caller, struct list_result *result, struct err *err);

struct push_request {
	const char *file;	   /* NULL: by the storage mode */
	enum resolution conflicts; /* never RESOLVE_REFUSE */
	bool force; /* with RESOLVE_OURS: the local copy takes FILE, too */
	bool prune; /* delete what FILE, or the local copy, no longer has */
	bool yes;   /* without asking before */
};

/**
 * Send what a .env file, or the local copy, has to tell in one operation.
 *
 * @return 0; -EXIT_CONFLICT for names that were changed here and there, when
 *         nobody decided; nothing is changed then, here or there;
 *         -EXIT_USAGE when names are to be deleted and nobody can be asked;
 *         -EXIT_FAILED when the copy is in no state to tell what was deleted
 */
int push_run(const struct push_request *request, const struct caller *caller,
    struct write_result *result, struct err *err);

struct pull_request {
	const char *to;		   /* a file to be written as well; NULL */
	enum resolution conflicts; /* never RESOLVE_REFUSE */
	bool force; /* with RESOLVE_THEIRS: over what was changed only here */
};

struct pull_result {
	struct flow_where where;
	struct names added;
	struct names changed;
	struct names deleted;
	size_t total;
	char file[4096]; /* what was written beside the vault; "" */
};

/** Free the lists; a zeroed one is fine. */
void pull_result_release(struct pull_result *result);

/**
 * Bring everything back: into the vault, and into the local copy or a file.
 *
 * What was changed only here stays. Where ours is kept, it is from now on a
 * change to what is there: the next push sends it.
 *
 * @return 0; -EXIT_CONFLICT for names that were changed here and there, when
 *         nobody decided; nothing is changed then
 */
int pull_run(const struct pull_request *request, const struct caller *caller,
    struct pull_result *result, struct err *err);

struct diff_result {
	struct flow_where where;
	struct names only_local;
	struct names only_remote;
	struct names changed_here;
	struct names changed_there;
	struct names changed_both;
};

/** Free the lists; a zeroed one is fine. */
void diff_result_release(struct diff_result *result);

/** Compare without changing anything. */
int diff_run(
    const struct caller *caller, struct diff_result *result, struct err *err);

/* ---- server and status ------------------------------------------------- */

/** The server that commands would talk to. @param out URL or "embedded" */
int server_get_run(const struct caller *caller, char *out, struct err *err);

/**
 * Choose the server of a home without an account.
 *
 * @param url  NULL: none, as at first
 * @return 0; -EXIT_USAGE; -EXIT_ACCESS when the home has an account at
 *         another server
 */
int server_set_run(const char *url, struct err *err);

struct server_state {
	char server[URL_MAX_BYTES + 1];
	char version[65];
	char extensions[1025];
};

/** Ask the server in force who it is. */
int server_status_run(
    const struct caller *caller, struct server_state *out, struct err *err);

struct status_result {
	bool has_account;
	bool is_other; /* the account here is another client's: not ours yet */
	size_t other_workspaces;
	size_t other_keys;	/* of those, whose key is in config.json */
	bool other_key_in_file; /* the private key is in keyring.json */
	bool exposed;		/* the key was one that a server can know */
	char server[URL_MAX_BYTES + 1];
	char email[EMAIL_MAX + 1];
	bool has_key;
	enum key_store store;
	bool has_session; /* networked: a session token is kept */
	bool unlocked;	  /* the workspace key is in the session cache */
	bool has_project;
	bool trusted;
	struct flow_where where;
	char workspace_name[LABEL_MAX + 1];
	size_t secrets;
	uint64_t pulled_at; /* 0: never */
	char problem[ERR_TEXT_MAX];
};

/** What is what, without asking the server. */
int status_run(
    const struct caller *caller, struct status_result *result, struct err *err);

#endif
