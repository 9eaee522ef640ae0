/*
 * arena: the only memory of the launcher that a secret may be in.
 *
 * One arena a process. It is memfd_secret memory where the kernel has it,
 * else locked memory that is left out of dumps and forks, else ordinary
 * memory (doctor warns). It grows by whole mappings: `env` reserves once, for
 * the ciphertext it is about to open, and so has one. Allocation only moves a
 * mark; memory comes zeroed, and going back wipes. Each mapping lies between
 * two pages that cannot be touched; under the sanitizers all that was not
 * taken is out of bounds. One thread uses it.
 *
 * Values, keys, tokens, passwords, the contexts of ciphers that hold a key
 * schedule, and the envp array of the command live here and nowhere else.
 *
 *	struct arena_mark mark = arena_mark();
 *	uint8_t *key = arena_alloc(KEY_BYTES, err);
 *	...
 *	arena_rewind(mark);
 */
#ifndef AGENTSECRETS_ARENA_H
#define AGENTSECRETS_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/err.h>

enum arena_kind {
	ARENA_NONE,   /* nothing was allocated yet */
	ARENA_SECRET, /* memfd_secret: not even root reads it */
	ARENA_LOCKED, /* mlock, MADV_DONTDUMP, MADV_WIPEONFORK */
	ARENA_PLAIN,  /* locking was refused */
};

/* A position to go back to. */
struct arena_mark {
	size_t region;
	size_t used;
};

/* Bytes in the arena. The arena owns them; `data` may be NULL when len is 0. */
struct secret {
	uint8_t *data;
	size_t len;
};

#define SECRET_INIT                                                            \
	{                                                                      \
		NULL, 0                                                        \
	}

/**
 * Make sure that allocations of `bytes` in all fit without another mapping.
 * Call it once when the size of what will be opened is known.
 *
 * @param bytes  0…1 GiB; rounded up to 64 KiB
 * @return 0; -EXIT_FAILED when there is no memory
 */
int arena_reserve(size_t bytes, struct err *err);

/**
 * Take `len` zeroed bytes, aligned to 16.
 *
 * @return the bytes, valid until the arena goes back before them; NULL with
 *         `err` filled
 */
void *arena_alloc(size_t len, struct err *err);

/**
 * Give the unused end of the newest allocation back: it kept `len` bytes of
 * what it took. The rest is wiped.
 */
void arena_trim(void *newest, size_t len);

/**
 * Copy bytes into the arena, with a zero byte after them.
 *
 * @return the copy; NULL with `err` filled
 */
void *arena_copy(const void *bytes, size_t len, struct err *err);

/** The present position. */
struct arena_mark arena_mark(void);

/**
 * Wipe and give back everything that was taken after `mark`. Mappings stay,
 * for what is taken next.
 */
void arena_rewind(struct arena_mark mark);

/** Wipe the whole arena and unmap it. Called before a program ends. */
void arena_end(void);

/** What kind of memory it is: the worst of its mappings. */
enum arena_kind arena_kind(void);

/** Whether the bytes lie in the arena: the assertion of tests. */
bool arena_holds(const void *bytes, size_t len);

/**
 * Read a descriptor to its end straight into the arena, with a zero byte
 * after what was read.
 *
 * @param max   most bytes; more is an error
 * @param what  names the source in the error ("'/p/q'", "standard input")
 * @return 0; -EXIT_FAILED when reading fails or there is more than `max`; the
 *         arena is then as it was
 */
int arena_read(
    int fd, struct secret *out, size_t max, const char *what, struct err *err);

/**
 * As message_memory (message.h): bodies that may hold a secret go into the
 * arena, others are malloc()ed into the struct buf that `context` points to,
 * which is emptied first.
 */
void *arena_message_memory(
    void *context, bool secret, size_t len, struct err *err);

/** Overwrite `len` bytes in a way that the compiler keeps. */
void secret_wipe(void *bytes, size_t len);

/** Compare without telling by time where the first difference is. */
bool secret_equal(const void *a, const void *b, size_t len);

/**
 * Whether two secrets have the same length and bytes. An empty one may lack
 * `data`; whether there is a value at all is the caller's to tell.
 */
bool secret_same(const struct secret *a, const struct secret *b);

#endif
