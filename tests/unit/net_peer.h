/*
 * net_peer: agentsecrets-net as the tests of net_client see it. What the peer
 * says waits in the socket before it is asked; what it was asked is looked at
 * afterwards.
 */
#ifndef TESTS_NET_PEER_H
#define TESTS_NET_PEER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/message.h>
#include <agentsecrets/net_client.h>

#define ID "0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a"
#define OLD "{\"access_token\":\"old\"}"
#define NEW "{\"access_token\":\"new\"}"
#define OTHER "{\"access_token\":\"other\"}"

/* The client, its peer, and where sessions rest. */
struct fixture {
	struct net net;
	int peer;
	const char *stored; /* what load() gives */
	char saved[64];
	int saves;
	int locks;
};

int peer_setup(void **state);
int peer_teardown(void **state);
void peer_says(struct fixture *fixture, struct message *message);
void peer_says_error(struct fixture *fixture, enum message_reason reason,
    unsigned http, const char *code);
void peer_says_server(struct fixture *fixture);
void peer_says_fresh_session(struct fixture *fixture);
void peer_adds_row(struct message *message, const char *name, const char *blob,
    uint64_t version, const char *flag);
void *peer_memory(void *context, bool secret, size_t len, struct err *err);
void peer_heard(
    struct fixture *fixture, enum message_type want, const char *session);
void peer_heard_no_more(struct fixture *fixture);

#define WITH_PEER(test)                                                        \
	cmocka_unit_test_setup_teardown(test, peer_setup, peer_teardown)

#endif
