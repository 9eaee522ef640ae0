#include "config.h"

#include "mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

enum secret_support { SUPPORT_UNKNOWN, SUPPORT_YES, SUPPORT_NO };

/* A kernel does not change its mind; one failed call is enough. */
static enum secret_support secret_support;

static int
open_secret(void)
{
	return (int)syscall(SYS_memfd_secret, O_CLOEXEC);
}

/*
 * A seccomp filter (systemd's SystemCallFilter= without an error number) may
 * kill instead of refusing, so a child tries first. It is cloned with no
 * exit signal: the caller gets no SIGCHLD, and the child can be waited for
 * where SIGCHLD is ignored.
 */
static bool
survives_memfd_secret(void)
{
	long child = syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
	int status;
	pid_t waited;

	if (child < 0)
		return false;
	if (child == 0)
		_exit(open_secret() < 0);
	do
		waited = waitpid((pid_t)child, &status, __WALL);
	while (waited < 0 && errno == EINTR);
	return waited == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
secret_is_supported(void)
{
	/* Asking with prctl opens no file, unlike /proc/self/status. */
	if (secret_support == SUPPORT_UNKNOWN &&
	    prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER &&
	    !survives_memfd_secret())
		secret_support = SUPPORT_NO;
	return secret_support != SUPPORT_NO;
}

static uint8_t *
reserve(size_t size, size_t page)
{
	/* What is not mapped over stays untouchable, on both sides. */
	uint8_t *guard = mmap(NULL, size + 2 * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return guard == MAP_FAILED ? NULL : guard + page;
}

static int
fill_secret(uint8_t *base, size_t size, int fd)
{
	/* Only MAP_SHARED is allowed; past RLIMIT_MEMLOCK it is EAGAIN. */
	if (mmap(base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		0) == MAP_FAILED)
		return -1;
	/* Shared also means with a child, and no child may see it. */
	return madvise(base, size, MADV_DONTFORK);
}

static int
fill_ordinary(uint8_t *base, size_t size, enum arena_kind kind)
{
	bool kept;

	if (mmap(base, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -1;
	kept = madvise(base, size, MADV_DONTDUMP) == 0;
	kept = madvise(base, size, MADV_WIPEONFORK) == 0 && kept;
	/* Pages are locked as they are touched: spare room costs nothing. */
	kept = mlock2(base, size, MLOCK_ONFAULT) == 0 && kept;
	return kept || kind == ARENA_PLAIN ? 0 : -1;
}

static int
map_kind(struct mapping *out, size_t size, enum arena_kind kind)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	AUTO_FD int fd = -1;
	uint8_t *base;
	int rc;

	if (kind == ARENA_SECRET) {
		if (!secret_is_supported())
			return -1;
		fd = open_secret();
		secret_support = fd >= 0 ? SUPPORT_YES : SUPPORT_NO;
		if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
			return -1;
	}
	base = reserve(size, page);
	if (base == NULL)
		return -1;
	rc = kind == ARENA_SECRET ? fill_secret(base, size, fd)
				  : fill_ordinary(base, size, kind);
	if (rc < 0) {
		munmap(base - page, size + 2 * page);
		return -1;
	}
	*out = (struct mapping){base, size, kind};
	return 0;
}

int
mapping_new(struct mapping *out, size_t want, size_t least)
{
	static const enum arena_kind kinds[] = {
	    ARENA_SECRET, ARENA_LOCKED, ARENA_PLAIN};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (map_kind(out, want, kinds[i]) == 0 ||
		    (least < want && map_kind(out, least, kinds[i]) == 0))
			return 0;
	}
	return -1;
}

void
mapping_release(struct mapping *mapping)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap(mapping->base - page, mapping->size + 2 * page);
	*mapping = (struct mapping){NULL, 0, ARENA_NONE};
}
