/*
 * server: what all requests share. Made by main (or a test) once; read-only
 * afterwards but for the pool and the semaphore.
 */
#ifndef AGENTSECRETS_SERVER_SERVER_H
#define AGENTSECRETS_SERVER_SERVER_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include <agentsecrets/err.h>
#include <agentsecrets/fernet.h>

enum { FERNET_KEYS_MAX = 16 };

struct db_pool;

/* What a request that writes secrets may have; clients are told. */
struct server_limits {
	int secrets;	   /* 1…SECRETS_MAX */
	int request_bytes; /* of its body, …REQUEST_MAX */
	int value_bytes;   /* of a value before encryption, 1…VALUE_MAX */
};

struct server {
	struct db_pool *pool;
	struct fernet_key keys[FERNET_KEYS_MAX]; /* the first one seals */
	size_t keys_n;
	sem_t stretching;   /* password hashes at the same time */
	int64_t started_at; /* seconds */
	const char *origin; /* what status tells, or NULL */
	int attempts;	    /* a minute and network; 0: no limit */
	struct server_limits limits;
	bool embedded; /* the peer's uid is the principal */
	bool open_registration;
	/* Told of errors that the client is not told; may be NULL. */
	void (*report)(const struct err *err);
};

struct server_config {
	const char *db;	  /* URI */
	const char *keys; /* path of the key file */
	const char *origin;
	int threads;
	int attempts;
	struct server_limits limits;
	bool embedded;
	bool open_registration;
	void (*report)(const struct err *err);
};

/**
 * Read or make the key file, open the database and check that the keys are
 * the ones it was written with.
 *
 * @param server  zeroed before; released with server_release()
 * @param config  its texts must live as long as the server
 * @return 0; -EXIT_FAILED or -EXIT_USAGE
 */
int server_init(
    struct server *server, const struct server_config *config, struct err *err);

/** Close the database and wipe the keys. Accepts a zeroed one. */
void server_release(struct server *server);

/**
 * Read the key file: one Fernet key a line, the first one seals, all open.
 * Made with one random key, mode 0600, when there is none.
 *
 * @param may_make  false: a missing file is an error, because the database
 *                  exists already
 * @return the number of keys; -EXIT_FAILED when it is readable by others,
 *         damaged or empty
 */
int keys_load(struct fernet_key keys[FERNET_KEYS_MAX], const char *path,
    bool may_make, struct err *err);

#endif
