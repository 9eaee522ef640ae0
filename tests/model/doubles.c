#include "config.h"

#include "doubles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <agentsecrets/keychain_client.h>
#include <agentsecrets/session_cache.h>
#include <agentsecrets/text.h>

enum { ITEMS_MAX = 128, ENTRY_ROOM = 400, ITEM_ROOM = 8192 };

struct kept_item {
	char entry[ENTRY_ROOM]; /* "": free */
	size_t len;
	uint8_t value[ITEM_ROOM];
};

/* What outlives a process: homes are set up by one of their own. */
struct outside {
	bool has_key;
	uint8_t key[KEY_BYTES];
	struct kept_item items[ITEMS_MAX];
};

struct kept_helper {
	struct net net;
	bool runs;
	bool lent;
	bool is_new; /* since doubles_mark() */
};

static struct outside *outside;
static struct kept_helper helpers[HOMES_N];
static int home;
static bool keep;

static struct {
	enum trouble_kind kind;
	int at;
	int calls;
	bool was;
} trouble;

int
doubles_open(void)
{
	outside = mmap(NULL, sizeof(*outside), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return outside == MAP_FAILED ? -1 : 0;
}

void
doubles_enter(int number)
{
	home = number;
}

/* ---- trouble ----------------------------------------------------------- */

void
doubles_trouble(enum trouble_kind kind, int at)
{
	trouble.kind = kind;
	trouble.at = at;
	trouble.calls = 0;
	trouble.was = false;
}

bool
doubles_trouble_end(void)
{
	trouble.kind = TROUBLE_NONE;
	return trouble.was;
}

/* @return whether the call is not made at all */
static bool
is_refused(void)
{
	bool now = ++trouble.calls == trouble.at;
	bool refused = (trouble.kind == TROUBLE_REFUSED && now) ||
	    (trouble.kind == TROUBLE_END && trouble.calls >= trouble.at);

	trouble.was |= refused;
	return refused;
}

/* @return whether the call that was made seems to have failed */
static bool
is_unheard(void)
{
	bool now =
	    trouble.kind == TROUBLE_UNHEARD && trouble.calls == trouble.at;

	trouble.was |= now;
	return now;
}

int __real_renameat(int from, const char *old, int to, const char *new);
int __wrap_renameat(int from, const char *old, int to, const char *new);

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	int rc = -1;

	if (!is_refused())
		rc = __real_renameat(from, old, to, new);
	if (rc < 0 || is_unheard()) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

/* ---- the helper -------------------------------------------------------- */

int __real_net_start(struct net *net, const char *server, const char *data_dir,
    const struct net_session *session, struct err *err);
int __wrap_net_start(struct net *net, const char *server, const char *data_dir,
    const struct net_session *session, struct err *err);
void __real_net_stop(struct net *net);
void __wrap_net_stop(struct net *net);

void
doubles_keep_helpers(bool yes)
{
	keep = yes;
}

int
__wrap_net_start(struct net *net, const char *server, const char *data_dir,
    const struct net_session *session, struct err *err)
{
	struct kept_helper *kept = &helpers[home];

	if (!keep || kept->lent)
		return __real_net_start(net, server, data_dir, session, err);
	if (!doubles_have_helper()) {
		kept->net = (struct net)NET_INIT;
		if (__real_net_start(
			&kept->net, server, data_dir, session, err) < 0)
			return -(int)err->status;
		kept->runs = true;
		kept->is_new = true;
	}
	*net = kept->net;
	if (session != NULL)
		net->session = *session;
	kept->lent = true;
	return 0;
}

void
__wrap_net_stop(struct net *net)
{
	struct kept_helper *kept = &helpers[home];

	if (!keep || !kept->lent || net->helper.pid != kept->net.helper.pid) {
		__real_net_stop(net);
		return;
	}
	/* One that took a new session has it above the mark. */
	kept->is_new |= kept->net.current.data != net->current.data;
	kept->net = *net;
	kept->lent = false;
	*net = (struct net)NET_INIT;
}

bool
doubles_have_helper(void)
{
	return helpers[home].runs && helpers[home].net.helper.pid > 0;
}

void
doubles_stop_helpers(bool only_new)
{
	for (int i = 0; i < HOMES_N; i++) {
		if (!helpers[i].runs || (only_new && !helpers[i].is_new))
			continue;
		__real_net_stop(&helpers[i].net);
		helpers[i].runs = false;
	}
}

void
doubles_mark(void)
{
	for (int i = 0; i < HOMES_N; i++)
		helpers[i].is_new = false;
}

int __real_net_write(struct net *net, const char *project,
    const char *environment, uint32_t key_epoch, const struct net_rows *rows,
    struct net_rows *written, uint64_t *revision, struct net_rows *conflicts,
    struct err *err);
int __wrap_net_write(struct net *net, const char *project,
    const char *environment, uint32_t key_epoch, const struct net_rows *rows,
    struct net_rows *written, uint64_t *revision, struct net_rows *conflicts,
    struct err *err);

int
__wrap_net_write(struct net *net, const char *project, const char *environment,
    uint32_t key_epoch, const struct net_rows *rows, struct net_rows *written,
    uint64_t *revision, struct net_rows *conflicts, struct err *err)
{
	int rc = 0;

	if (is_refused())
		return err_set(err, EXIT_UNREACHABLE, "trouble before a write");
	rc = __real_net_write(net, project, environment, key_epoch, rows,
	    written, revision, conflicts, err);
	if (!is_unheard())
		return rc;
	/* An answer that was not heard brings nothing. */
	if (rc == 0 && written != NULL) {
		net_rows_release(written);
		*written = (struct net_rows){NULL, 0, BUF_INIT};
	}
	if (rc < 0 && conflicts != NULL) {
		net_rows_release(conflicts);
		*conflicts = (struct net_rows){NULL, 0, BUF_INIT};
	}
	return err_set(err, EXIT_UNREACHABLE, "trouble after a write");
}

int __real_net_secrets(struct net *net, const char *project,
    const char *environment, uint64_t revision, struct net_list *out,
    struct err *err);
int __wrap_net_secrets(struct net *net, const char *project,
    const char *environment, uint64_t revision, struct net_list *out,
    struct err *err);

int
__wrap_net_secrets(struct net *net, const char *project,
    const char *environment, uint64_t revision, struct net_list *out,
    struct err *err)
{
	return is_refused()
	    ? err_set(err, EXIT_UNREACHABLE, "trouble before a fetch")
	    : __real_net_secrets(net, project, environment, revision, out, err);
}

/* ---- the session cache ------------------------------------------------- */

int __wrap_session_cache_get(const struct home *where, const char *workspace,
    uint32_t epoch, uint8_t key[KEY_BYTES]);
int __wrap_session_cache_put(const struct home *where, const char *workspace,
    uint32_t epoch, const uint8_t key[KEY_BYTES], uint64_t seconds);
int __wrap_session_cache_check(struct err *err);
void __wrap_session_cache_clear(const struct home *where);

/* There is one workspace. */
int
__wrap_session_cache_get(const struct home *where, const char *workspace,
    uint32_t epoch, uint8_t key[KEY_BYTES])
{
	(void)where;
	(void)workspace;
	(void)epoch;
	if (outside->has_key)
		memcpy(key, outside->key, KEY_BYTES);
	return outside->has_key;
}

int
__wrap_session_cache_put(const struct home *where, const char *workspace,
    uint32_t epoch, const uint8_t key[KEY_BYTES], uint64_t seconds)
{
	(void)where;
	(void)workspace;
	(void)epoch;
	(void)seconds;
	memcpy(outside->key, key, KEY_BYTES);
	outside->has_key = true;
	return 0;
}

int
__wrap_session_cache_check(struct err *err)
{
	(void)err;
	return 0;
}

void
__wrap_session_cache_clear(const struct home *where)
{
	(void)where;
}

const uint8_t *
doubles_key(void)
{
	return outside->has_key ? outside->key : NULL;
}

/* ---- the keychain ------------------------------------------------------ */

static struct kept_item *
find_item(const char *entry)
{
	for (int i = 0; i < ITEMS_MAX; i++) {
		if (text_equal(outside->items[i].entry, entry))
			return &outside->items[i];
	}
	return NULL;
}

/* @return 0, or -1 when there is no room */
static int
put_item(const char *entry, const uint8_t *value, size_t len)
{
	struct kept_item *item = find_item(entry);

	if (item == NULL)
		item = find_item("");
	if (item == NULL || len >= ITEM_ROOM || strlen(entry) >= ENTRY_ROOM)
		return -1;
	snprintf(item->entry, sizeof(item->entry), "%s", entry);
	if (len > 0)
		memcpy(item->value, value, len);
	item->value[len] = '\0';
	item->len = len;
	return 0;
}

static void
drop_item(const char *entry)
{
	struct kept_item *item = find_item(entry);

	if (item != NULL)
		item->entry[0] = '\0';
}

const char *
doubles_item(const char *entry)
{
	struct kept_item *item = find_item(entry);

	return item == NULL ? NULL : (const char *)item->value;
}

void
doubles_set_item(const char *entry, const char *value)
{
	if (value == NULL)
		drop_item(entry);
	else
		put_item(entry, (const uint8_t *)value, strlen(value));
}

void
doubles_drop_items(const char *project)
{
	for (int i = 0; i < ITEMS_MAX; i++) {
		if (text_has_prefix(outside->items[i].entry, project))
			outside->items[i].entry[0] = '\0';
	}
}

static int
broke(struct keychain *keychain, struct err *err)
{
	keychain->trouble = KEYCHAIN_BROKE;
	return err_set(err, EXIT_FAILED, "trouble in the keychain");
}

int __wrap_keychain_start(struct keychain *keychain,
    void (*notice)(const char *text), struct err *err);
void __wrap_keychain_stop(struct keychain *keychain);
int __wrap_keychain_lookup(struct keychain *keychain, const char *const *names,
    size_t n, struct secret *values, struct err *err);
int __wrap_keychain_store(struct keychain *keychain, const char *name,
    const struct secret *value, struct err *err);
int __wrap_keychain_delete(struct keychain *keychain, const char *const *names,
    size_t n, struct err *err);
int __wrap_keychain_names(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err);

int
__wrap_keychain_start(struct keychain *keychain,
    void (*notice)(const char *text), struct err *err)
{
	(void)notice;
	if (is_refused())
		return broke(keychain, err);
	/* A sign that it runs; nobody ends a process of that number. */
	keychain->helper.pid = -1;
	return 0;
}

void
__wrap_keychain_stop(struct keychain *keychain)
{
	keychain->helper.pid = 0;
}

int
__wrap_keychain_lookup(struct keychain *keychain, const char *const *names,
    size_t n, struct secret *values, struct err *err)
{
	if (is_refused())
		return broke(keychain, err);
	for (size_t i = 0; i < n; i++) {
		const struct kept_item *item = find_item(names[i]);

		values[i] = (struct secret)SECRET_INIT;
		if (item == NULL)
			continue;
		values[i].data = arena_copy(item->value, item->len, err);
		values[i].len = item->len;
		if (values[i].data == NULL)
			return -(int)err->status;
	}
	return 0;
}

int
__wrap_keychain_store(struct keychain *keychain, const char *name,
    const struct secret *value, struct err *err)
{
	if (is_refused() || put_item(name, value->data, value->len) < 0 ||
	    is_unheard())
		return broke(keychain, err);
	return 0;
}

int
__wrap_keychain_delete(struct keychain *keychain, const char *const *names,
    size_t n, struct err *err)
{
	if (is_refused())
		return broke(keychain, err);
	for (size_t i = 0; i < n; i++)
		drop_item(names[i]);
	return is_unheard() ? broke(keychain, err) : 0;
}

int
__wrap_keychain_names(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err)
{
	struct keychain_names found = {
	    calloc(ITEMS_MAX, sizeof(*found.items)), 0};

	if (found.items == NULL || is_refused()) {
		free(found.items);
		return broke(keychain, err);
	}
	for (int i = 0; i < ITEMS_MAX; i++) {
		const char *entry = outside->items[i].entry;

		if (entry[0] != '\0' && text_has_prefix(entry, prefix))
			found.items[found.n++] = strdup(entry);
	}
	*out = found;
	return 0;
}
