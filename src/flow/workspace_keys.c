#include "config.h"

#include "workspace_keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/text.h>

enum { ONE_DAY = 86400 };

void
workspace_name_choose(char out[LABEL_MAX + 1], const struct trust *trust,
    const char *id, const char *wanted)
{
	const char *base = wanted[0] != '\0' ? wanted : "workspace";

	snprintf(out, LABEL_MAX + 1, "%s", base);
	for (unsigned number = 2, clash = 1; clash; number++) {
		clash = 0;
		for (size_t i = 0; i < trust->workspaces_n; i++)
			clash |=
			    strcasecmp(trust->workspaces[i].name, out) == 0 &&
			    !text_equal(trust->workspaces[i].id, id);
		if (clash)
			snprintf(out, LABEL_MAX + 1, "%.240s %u", base, number);
	}
}

static int
refuse(struct err *err, const struct net_workspace *shown, const char *why)
{
	return err_set(err, EXIT_UNSAFE,
	    "the server's key for workspace '%s' %s", shown->name, why);
}

/* After taking a newer key, keys are given to its maker only. */
static void
keep_only_recipient(
    struct trust *trust, const char *workspace, const uint8_t *sender)
{
	size_t kept = 0;

	for (size_t i = 0; i < trust->recipients_n; i++) {
		const struct trust_recipient *one = &trust->recipients[i];

		if (!text_equal(one->workspace, workspace) ||
		    memcmp(one->public_key, sender, KEY_BYTES) == 0)
			trust->recipients[kept++] = *one;
	}
	trust->recipients_n = kept;
}

static int
take(struct trust *trust, struct account *account,
    const struct net_workspace *shown, const uint8_t *key,
    const uint8_t *sender, const struct trust_workspace *known, struct err *err)
{
	struct trust_workspace line = {.epoch = shown->epoch};
	struct account_workspace box = {.epoch = shown->epoch};

	snprintf(line.id, sizeof(line.id), "%s", shown->id);
	workspace_key_fingerprint(
	    line.fingerprint, shown->id, shown->epoch, key);
	memcpy(line.source, known != NULL ? known->source : sender, KEY_BYTES);
	if (known != NULL) {
		line.compat = known->compat;
		memcpy(line.name, known->name, sizeof(line.name));
		keep_only_recipient(trust, shown->id, sender);
	} else {
		workspace_name_choose(
		    line.name, trust, shown->id, shown->sealed_name);
	}
	snprintf(box.id, sizeof(box.id), "%s", shown->id);
	snprintf(box.name, sizeof(box.name), "%s", shown->sealed_name);
	memcpy(box.sealed_key, shown->sealed_key, SEALED_KEY);
	if (trust_workspace_put(trust, &line, err) < 0 ||
	    account_workspace_put(account, &box, err) < 0)
		return -(int)err->status;
	return 0;
}

/* Whether the box is, byte for byte, the one this machine took before. */
static bool
is_known_box(const struct account *account, const struct net_workspace *shown)
{
	const struct account_workspace *box =
	    account_workspace_find(account, shown->id);

	return box != NULL && box->epoch == shown->epoch &&
	    memcmp(box->sealed_key, shown->sealed_key, SEALED_KEY) == 0;
}

/*
 * The trusted key in another box: kept where account.json has none, as after
 * a run that ended between trust and account.json.
 */
static int
keep_box(
    struct account *account, const struct net_workspace *shown, struct err *err)
{
	const struct account_workspace *known =
	    account_workspace_find(account, shown->id);
	struct account_workspace box = {.epoch = shown->epoch};

	if (known != NULL && known->epoch == shown->epoch)
		return 0;
	snprintf(box.id, sizeof(box.id), "%s", shown->id);
	snprintf(box.name, sizeof(box.name), "%s", shown->sealed_name);
	memcpy(box.sealed_key, shown->sealed_key, SEALED_KEY);
	return account_workspace_put(account, &box, err);
}

/* The table of A4 for a box that opened. @return 1: pending; 0: settled */
static int
judge_opened(struct trust *trust, struct account *account,
    const struct net_workspace *shown, const uint8_t *key,
    const uint8_t *sender, struct err *err)
{
	const struct trust_workspace *known =
	    trust_workspace_find(trust, shown->id);
	uint8_t fingerprint[KEY_BYTES];

	if (shown->epoch > time(NULL) + ONE_DAY) {
		/* A stranger's invitation must not keep us from logging in. */
		if (known == NULL && sender == NULL)
			return 1;
		return refuse(err, shown, "is from the future");
	}
	if (known == NULL) {
		if (sender == NULL || memcmp(sender, trust->me, KEY_BYTES) != 0)
			return 1;
		return take(trust, account, shown, key, sender, NULL, err);
	}
	if (shown->epoch < known->epoch)
		return refuse(err, shown, "is an older one (replay)");
	workspace_key_fingerprint(fingerprint, shown->id, shown->epoch, key);
	if (shown->epoch == known->epoch &&
	    memcmp(fingerprint, known->fingerprint, KEY_BYTES) != 0)
		return refuse(err, shown, "is another one of the same time");
	if (shown->epoch == known->epoch)
		return keep_box(account, shown, err);
	if (sender == NULL)
		return 1;
	return take(trust, account, shown, key, sender, known, err);
}

static int
judge_one(struct trust *trust, struct account *account,
    const uint8_t *private_key, const struct net_workspace *shown,
    struct err *err)
{
	const struct trust_workspace *known =
	    trust_workspace_find(trust, shown->id);
	struct sealed_key_label label = {
	    shown->id, shown->epoch, shown->sealed_name};
	uint8_t candidates[2][KEY_BYTES];
	struct arena_mark mark = arena_mark();
	uint8_t *key;
	size_t who = 0;
	int rc;

	if (!shown->has_key)
		return 1;
	if (known != NULL && is_known_box(account, shown))
		return 0;
	memcpy(candidates[0], trust->me, KEY_BYTES);
	memcpy(candidates[1], known != NULL ? known->source : trust->me,
	    KEY_BYTES);
	key = arena_alloc(KEY_BYTES, err);
	if (key == NULL)
		return -(int)err->status;
	switch (sealed_key_open(key, shown->sealed_key, &label, private_key,
	    (const uint8_t(*)[KEY_BYTES])candidates, 2, &who)) {
	case SEALED_KEY_BROKEN:
		rc = known != NULL ? refuse(err, shown, "does not open") : 1;
		break;
	case SEALED_KEY_UNAUTHENTICATED:
		rc = judge_opened(trust, account, shown, key, NULL, err);
		break;
	case SEALED_KEY_FROM:
		rc = judge_opened(
		    trust, account, shown, key, candidates[who], err);
		break;
	default:
		rc = 1;
	}
	arena_rewind(mark);
	return rc;
}

int
workspace_keys_judge(struct trust *trust, struct account *account,
    const uint8_t *private_key, const struct net_workspaces *shown,
    struct names *pending, struct err *err)
{
	for (size_t i = 0; i < shown->n; i++) {
		int rc = judge_one(
		    trust, account, private_key, &shown->items[i], err);

		if (rc < 0)
			return rc;
		if (rc > 0 && names_add(pending, shown->items[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

int
own_key_check(const struct net_login *login, const uint8_t known[KEY_BYTES],
    const char *email, struct err *err)
{
	if (!login->has_public_key ||
	    memcmp(login->public_key, known, KEY_BYTES) == 0)
		return 0;
	return err_set(err, EXIT_UNSAFE,
	    "the server shows another public key for '%s' than the one known "
	    "here",
	    email);
}

bool
workspace_keys_differ(
    const struct account *account, const struct net_workspaces *shown)
{
	for (size_t i = 0; i < shown->n; i++) {
		if (shown->items[i].has_key &&
		    !is_known_box(account, &shown->items[i]))
			return true;
	}
	return false;
}
