/*
 * judge: whether what a server shows is believed (A6, "One rule"). The server
 * can only move, hold back or repeat what a key holder once sealed; every one
 * of these is found out here.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <agentsecrets/envelope.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/vault.h>

enum judgement {
	JUDGED_SAME,  /* the blob that was accepted before */
	JUDGED_NEWER, /* made for this place, newer than the mark */
};

/**
 * Judge one row against what the vault holds for its name.
 *
 * @param vault    the marks as they were before the request was sent
 * @param epoch    of the workspace key in `key`
 * @param row      as the server shows it
 * @param version  out: the version that is sealed into the blob
 * @return an enum judgement; -EXIT_UNSAFE with the sentence: does not open,
 *         made for another place, rolled back, two values of one version
 */
int judge_row(struct vault *vault, struct blob_key *key, uint32_t epoch,
    const struct net_row *row, uint32_t *version, struct err *err);

/**
 * Judge a whole list: every row, doubled or malformed names, and names that
 * are known here but missing there without a tombstone.
 *
 * @param accepted  out: rows to put into the vault; the caller gives a
 *                  vault with ids set and releases it
 * @return 0; -EXIT_UNSAFE naming what is wrong; nothing is accepted then
 */
int judge_list(struct vault *vault, struct blob_key *key, uint32_t epoch,
    const struct net_list *list, struct vault *accepted, struct err *err);

#endif
