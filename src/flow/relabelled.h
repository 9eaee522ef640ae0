/*
 * relabelled: whether an unbound blob belongs elsewhere (A3, "compat"). A
 * blob of another client says nothing of its place, so a server could give it
 * under any name; what can still be found out is that it was seen, or was
 * made, for another one.
 */
#ifndef RELABELLED_H
#define RELABELLED_H

#include <stdbool.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/trust.h>
#include <agentsecrets/vault.h>

/* Where blobs of one workspace were seen. */
struct seen {
	struct vault **vaults; /* the first may be a view, the rest are owned */
	size_t n;
};

#define SEEN_INIT                                                              \
	{                                                                      \
		NULL, 0                                                        \
	}
#define AUTO_SEEN __attribute__((cleanup(seen_release)))

/**
 * Gather what was seen: a vault, the rows that a server shows for it now, and
 * the other vault files of its workspace.
 *
 * @param seen   SEEN_INIT before
 * @param vault  stays the caller's and must outlive `seen`
 * @return 0; -EXIT_UNSAFE when a vault file is damaged
 */
int seen_gather(struct seen *seen, struct vault *vault,
    const struct net_rows *shown, const struct home *home,
    const struct trust *trust, struct err *err);

/** Free all but the first vault; one that was never filled is fine. */
void seen_release(struct seen *seen);

/**
 * Whether a blob that is not bound to its place was seen under another one,
 * or is bound to another one.
 *
 * @param place    where it is now
 * @param scratch  len bytes in the arena
 */
bool is_relabelled(const struct seen *seen, struct blob_key *key,
    const struct blob_place *place, const uint8_t *blob, size_t len,
    uint8_t *scratch);

#endif
