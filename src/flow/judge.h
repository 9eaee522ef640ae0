/*
 * judge: whether what a server shows is believed (A6, "One rule"). The server
 * can only move, hold back or repeat what a key holder once sealed; every one
 * of these is found out here.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <agentsecrets/envelope.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/vault.h>

#include "relabelled.h"

enum judgement {
	JUDGED_SAME,	/* the blob that was accepted before */
	JUDGED_NEWER,	/* made for this place, newer than the mark */
	JUDGED_UNBOUND, /* made for no place: compat workspaces only */
};

/* A name of which a server shows less than was seen before. */
struct older_row {
	char name[NAME_MAX_BYTES + 1];
	uint32_t seen;	 /* the version of its mark */
	uint32_t served; /* 0: nothing; `seen`: another value of that version */
	bool deleted;	 /* what is served is a deletion */
};

struct older_rows {
	struct older_row *items;
	size_t n;
	size_t room;
};

/* What blobs are judged by. */
struct judge {
	struct vault *vault; /* the marks as before the request was sent */
	struct blob_key *key;
	uint32_t epoch;		 /* of the workspace key */
	const struct seen *seen; /* a compat workspace; NULL: strict */
};

/* What a compat workspace lets pass, and people should know. */
struct judged {
	struct names unbound;  /* made by a client that binds nothing */
	struct names unproven; /* gone without a tombstone */
	/*
	 * In: the server may have gone back. What was made for its place and
	 * is not newer than its mark, or is missing, is then taken under that
	 * mark, and is in `older`.
	 */
	bool may_be_older;
	struct older_rows older;
};

#define JUDGED_INIT                                                            \
	{                                                                      \
		.unbound = NAMES_INIT, .unproven = NAMES_INIT                  \
	}
#define AUTO_JUDGED __attribute__((cleanup(judged_release)))

void judged_release(struct judged *judged);

/**
 * Judge one row against what the vault holds for its name.
 *
 * @param row   as the server shows it
 * @param mark  out: epoch and version to record; those of an unbound blob are
 *              the mark that was there, or 0 and 0. Nothing else is set
 * @return an enum judgement; -EXIT_UNSAFE with the sentence: does not open,
 *         made for another place, rolled back, two values of one version
 */
int judge_row(const struct judge *judge, const struct net_row *row,
    struct vault_row *mark, struct err *err);

/**
 * What a blob itself proves, whatever was seen before.
 *
 * @param version  out; 0 for one that is bound to no place
 * @return 0; as judge_row()
 */
int judge_version(const struct judge *judge, const struct net_row *row,
    uint32_t *version, struct err *err);

/**
 * Take a row that judge_row() refused because it is not newer than its mark.
 *
 * @param mark   out, as judge_row()
 * @param older  gets it
 * @return 1; 0 when that is not why; -EXIT_FAILED
 */
int judge_older(const struct judge *judge, const struct net_row *row,
    struct vault_row *mark, struct older_rows *older, struct err *err);

/** Take a name that is missing. @return 0; -EXIT_FAILED */
int older_add_missing(const struct judge *judge, const char *name,
    struct older_rows *older, struct err *err);

/**
 * Write down that a name is gone without a tombstone, as other clients of a
 * compat workspace delete: its mark, if the vault has one, stays.
 *
 * @param row  the server's version, or 0
 * @param out  gets the deleted row
 */
int judge_gone(const struct judge *judge, const char *name, uint64_t row,
    struct vault *out, struct err *err);

/**
 * Judge a whole list: every row, doubled or malformed names, and names that
 * are known here but missing there without a tombstone.
 *
 * @param accepted  out: rows to put into the vault; the caller gives a
 *                  vault with ids set and releases it. In a compat workspace
 *                  a name that is missing becomes a deleted row that keeps
 *                  its mark
 * @param judged    JUDGED_INIT before
 * @return 0; -EXIT_UNSAFE saying what is wrong with the first name, and which
 *         others are refused; nothing is accepted then
 */
int judge_list(const struct judge *judge, const struct net_list *list,
    struct vault *accepted, struct judged *judged, struct err *err);

/**
 * Judge what a name holds and held before.
 *
 * @param rows      newest first; the first is judged as judge_row() does
 * @param versions  out, one for each row: what its blob proves; 0 for one that
 *                  is bound to no place, or a deletion without a tombstone
 * @return 0; -EXIT_UNSAFE: as judge_row(), another name's rows, one that is
 *         held back, or bound ones that do not get older
 */
int judge_history(const struct judge *judge, const char *name,
    const struct net_rows *rows, uint32_t *versions, struct err *err);

#endif
