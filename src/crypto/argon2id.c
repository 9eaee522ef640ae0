#include "config.h"

#include <agentsecrets/crypto.h>

#include <argon2.h>
#include <dlfcn.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include <agentsecrets/arena.h>

/* The name that goes with the header: its ABI is version 1. */
#define LIBRARY "libargon2.so.1"

typedef int argon2id_function(argon2_context *context);

static argon2id_function *
load(struct err *err)
{
	/* Loading twice in two threads does no harm: it is counted. */
	static _Atomic(argon2id_function *) loaded;
	argon2id_function *function = atomic_load(&loaded);
	void *library;

	if (function != NULL)
		return function;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (library != NULL)
		*(void **)&function = dlsym(library, "argon2id_ctx");
	if (function == NULL) {
		err_set(err, EXIT_FAILED,
		    "cannot load " LIBRARY ": needed for the password");
		err_hint(err, "install libargon2 (Debian: libargon2-1)");
		return NULL;
	}
	atomic_store(&loaded, function);
	return function;
}

static int
take_memory(uint8_t **memory, size_t len)
{
	void *bytes = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return ARGON2_MEMORY_ALLOCATION_ERROR;
	madvise(bytes, len, MADV_DONTDUMP);
	/* Fewer page faults: a quarter of the time. Refusal does no harm. */
	madvise(bytes, len, MADV_HUGEPAGE);
	*memory = bytes;
	return ARGON2_OK;
}

static void
give_memory_back(uint8_t *memory, size_t len)
{
	secret_wipe(memory, len);
	munmap(memory, len);
}

static uint32_t
usable_cores(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof(cores), &cores) < 0)
		return 1;
	return (uint32_t)CPU_COUNT(&cores);
}

int
crypto_argon2id(uint8_t *out, size_t len, const void *password,
    size_t password_len, const void *salt, size_t salt_len, uint32_t t,
    uint32_t m_kib, uint32_t p, struct err *err)
{
	const uint32_t cores = usable_cores();
	argon2id_function *const argon2id = load(err);
	/* libargon2 takes pointers to what it only reads. */
	argon2_context context = {
	    .out = out,
	    .outlen = (uint32_t)len,
	    .pwd = (uint8_t *)(uintptr_t)password,
	    .pwdlen = (uint32_t)password_len,
	    .salt = (uint8_t *)(uintptr_t)salt,
	    .saltlen = (uint32_t)salt_len,
	    .t_cost = t,
	    .m_cost = m_kib,
	    .lanes = p,
	    .threads = p < cores ? p : cores,
	    .version = ARGON2_VERSION_13,
	    .allocate_cbk = take_memory,
	    .free_cbk = give_memory_back,
	    .flags = ARGON2_DEFAULT_FLAGS,
	};
	int rc;

	if (argon2id == NULL)
		return -EXIT_FAILED;
	rc = argon2id(&context);
	if (rc == ARGON2_THREAD_FAIL && context.threads > 1) {
		context.threads = 1;
		rc = argon2id(&context);
	}
	if (rc == ARGON2_MEMORY_ALLOCATION_ERROR)
		return err_memory(err);
	if (rc != ARGON2_OK)
		return err_set(
		    err, EXIT_FAILED, "argon2id fails with code %d", rc);
	return 0;
}
