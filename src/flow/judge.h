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
};

#define JUDGED_INIT                                                            \
	{                                                                      \
		NAMES_INIT, NAMES_INIT                                         \
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
 * @return 0; -EXIT_UNSAFE naming what is wrong; nothing is accepted then
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
