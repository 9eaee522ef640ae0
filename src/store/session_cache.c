#include "config.h"

#include <agentsecrets/session_cache.h>

#include <inttypes.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/text.h>

enum {
	PREFIX = sizeof("agentsecrets::") + HOME_DIGITS,
	DESCRIPTION = PREFIX + UUID_TEXT + sizeof(":4294967295"),
	DESCRIBED = 512, /* more than "user;UID;GID;PERMISSIONS;DESCRIPTION" */
	KEYS_MAX = 1024, /* a user's quota is 200 */
	/*
	 * All for possessor and user: a process whose session keyring does
	 * not link the user's possesses nothing in it, and with the usual
	 * permissions could find the key but not read it.
	 */
	PERMISSIONS = 0x3f3f0000,
};

static const char type[] = "user";

static long
keyctl(int operation, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, operation, a, b, c, d);
}

/* "agentsecrets:H:" @return whether there is a home to name */
static bool
prefix(char out[PREFIX], const struct home *home)
{
	char digits[HOME_DIGITS + 1];

	if (!home_digits(digits, home))
		return false;
	snprintf(out, PREFIX, "agentsecrets:%s:", digits);
	return true;
}

static bool
describe(char out[DESCRIPTION], const struct home *home, const char *workspace,
    uint32_t epoch)
{
	char begin[PREFIX];

	if (!prefix(begin, home))
		return false;
	snprintf(out, DESCRIPTION, "%s%s:%" PRIu32, begin, workspace, epoch);
	return true;
}

int
session_cache_get(const struct home *home, const char *workspace,
    uint32_t epoch, uint8_t key[KEY_BYTES])
{
	char description[DESCRIPTION];
	long id;

	if (!describe(description, home, workspace, epoch))
		return 0;
	id = keyctl(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)type,
	    (long)description, 0);
	if (id < 0)
		return 0;
	if (keyctl(KEYCTL_READ, id, (long)key, KEY_BYTES, 0) == KEY_BYTES)
		return 1;
	secret_wipe(key, KEY_BYTES);
	return 0;
}

/*
 * Let the user's other processes find a key. Its end is set before: one that
 * a killed process left in the user keyring would stay for ever, one in the
 * process keyring goes with the process.
 */
static int
share(long id, long seconds)
{
	if (keyctl(KEYCTL_SET_TIMEOUT, id, seconds, 0, 0) < 0 ||
	    keyctl(KEYCTL_SETPERM, id, PERMISSIONS, 0, 0) < 0 ||
	    keyctl(KEYCTL_LINK, id, KEY_SPEC_USER_KEYRING, 0, 0) < 0)
		return -1;
	return 0;
}

int
session_cache_put(const struct home *home, const char *workspace,
    uint32_t epoch, const uint8_t key[KEY_BYTES], uint64_t seconds)
{
	char description[DESCRIPTION];
	long id;
	int rc;

	if (seconds == 0)
		return 0;
	if (!describe(description, home, workspace, epoch))
		return -1;
	if (seconds > UINT_MAX)
		seconds = UINT_MAX;
	id = syscall(SYS_add_key, type, description, key, KEY_BYTES,
	    KEY_SPEC_PROCESS_KEYRING);
	if (id < 0)
		return -1;
	rc = share(id, (long)seconds);
	keyctl(KEYCTL_UNLINK, id, KEY_SPEC_PROCESS_KEYRING, 0, 0);
	return rc;
}

int
session_cache_check(struct err *err)
{
	static const char nothing[] = "-";
	long id;

	if (keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0, 0) < 0)
		return err_sys(
		    err, EXIT_FAILED, "the kernel gives no user keyring");
	id = syscall(SYS_add_key, type, "agentsecrets:check", nothing,
	    sizeof(nothing), KEY_SPEC_PROCESS_KEYRING);
	if (id < 0)
		return err_sys(err, EXIT_FAILED, "the kernel keeps no key");
	keyctl(KEYCTL_UNLINK, id, KEY_SPEC_PROCESS_KEYRING, 0, 0);
	return 0;
}

/* Whether the key is one of ours, by "…;DESCRIPTION". */
static bool
is_ours(long id, const char *begin)
{
	char text[DESCRIBED];
	long len = keyctl(KEYCTL_DESCRIBE, id, (long)text, sizeof(text), 0);
	const char *last;

	if (len <= 0 || (size_t)len > sizeof(text))
		return false;
	text[len - 1] = '\0';
	last = strrchr(text, ';');
	return last != NULL && text_has_prefix(text, "user;") &&
	    text_has_prefix(last + 1, begin);
}

void
session_cache_clear(const struct home *home)
{
	int32_t ids[KEYS_MAX];
	char begin[PREFIX];
	long len;

	if (!prefix(begin, home))
		return;
	len = keyctl(
	    KEYCTL_READ, KEY_SPEC_USER_KEYRING, (long)ids, sizeof(ids), 0);
	if (len < 0)
		return;
	if ((size_t)len > sizeof(ids))
		len = sizeof(ids);
	for (size_t i = 0; i < (size_t)len / sizeof(ids[0]); i++) {
		if (is_ours(ids[i], begin))
			keyctl(
			    KEYCTL_UNLINK, ids[i], KEY_SPEC_USER_KEYRING, 0, 0);
	}
}
