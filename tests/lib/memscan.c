/*
 * memscan: look for secrets in the memory of processes, or in files.
 *
 *	memscan SECRETS PID|PATH...
 *
 * SECRETS is a folder with a secret in each file, or one file. The exact bytes
 * are looked for: as they are, in pieces of twelve, as hex of both cases, as
 * base64 at its three alignments (both alphabets), as UTF-16LE and with what a
 * URL cannot hold as %XX. A number names a process, of which every mapping is
 *read; anything else is a file or a folder with all below.
 *
 * Prints a line a find: secret's file name, form, where. Never the secret.
 * Mappings that the kernel does not let anybody read are listed with "#".
 * Exit: 0 nothing found, 1 something found, 2 could not look.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 12, WINDOW = 1 << 20, OVERLAP = 1 << 19 };

struct pattern {
	const char *secret; /* its file's name */
	const char *form;
	uint8_t *bytes;
	size_t len;
	size_t offset; /* of a piece in its secret */
	int next;      /* with the same first two bytes, or -1 */
};

static struct pattern *patterns;
static int patterns_n;
static int first[1 << 16];
static int finds;

static void
die(const char *what)
{
	fprintf(stderr, "memscan: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
add(const char *secret, const char *form, const uint8_t *bytes, size_t len,
    size_t offset)
{
	unsigned key = (unsigned)bytes[0] << 8 | bytes[1];
	struct pattern *pattern;

	if (len < 4 || len > OVERLAP)
		return;
	/* The two alphabets of base64 often agree. */
	for (int n = first[key]; n >= 0; n = patterns[n].next)
		if (patterns[n].len == len && patterns[n].form == form &&
		    memcmp(patterns[n].bytes, bytes, len) == 0)
			return;
	patterns =
	    reallocarray(patterns, (size_t)patterns_n + 1, sizeof(*patterns));
	if (patterns == NULL)
		die("memory");
	pattern = &patterns[patterns_n];
	*pattern = (struct pattern){secret, form, malloc(len), len, offset, -1};
	if (pattern->bytes == NULL)
		die("memory");
	memcpy(pattern->bytes, bytes, len);
	pattern->next = first[key];
	first[key] = patterns_n++;
}

static void
add_hex(const char *name, const uint8_t *secret, size_t len, const char *digits)
{
	uint8_t *out = malloc(2 * len);

	if (out == NULL)
		die("memory");
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = (uint8_t)digits[secret[i] >> 4];
		out[2 * i + 1] = (uint8_t)digits[secret[i] & 15];
	}
	add(name, "hex", out, 2 * len, 0);
	free(out);
}

/* Without the form that is plain anyway. */
static void
add_url(const char *name, const uint8_t *secret, size_t len, bool upper)
{
	char *out = malloc(3 * len + 1);
	size_t n = 0;

	if (out == NULL)
		die("memory");
	for (size_t i = 0; i < len; i++) {
		if (isalnum(secret[i]) || memchr("-._~", secret[i], 4) != NULL)
			out[n++] = (char)secret[i];
		else
			n += (size_t)snprintf(
			    out + n, 4, upper ? "%%%02X" : "%%%02x", secret[i]);
	}
	if (n > len)
		add(name, "url", (uint8_t *)out, n, 0);
	free(out);
}

static unsigned
bit(const uint8_t *secret, size_t len, size_t shift, size_t n)
{
	if (n < 8 * shift || n >= 8 * (shift + len))
		return 0;
	n -= 8 * shift;
	return secret[n / 8] >> (7 - n % 8) & 1;
}

/* The characters that depend on the secret only, `shift` bytes after a start.
 */
static void
add_base64(const char *name, const uint8_t *secret, size_t len, size_t shift,
    const char *last_two)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t from = (8 * shift + 5) / 6;
	size_t to = 8 * (shift + len) / 6;
	uint8_t *out = malloc(to + 1);

	if (out == NULL)
		die("memory");
	for (size_t i = from; i < to; i++) {
		unsigned value = 0;

		for (size_t b = 0; b < 6; b++)
			value = value << 1 | bit(secret, len, shift, 6 * i + b);
		out[i - from] = (uint8_t)(value < 62 ? letters[value]
						     : last_two[value - 62]);
	}
	add(name, "base64", out, to - from, 0);
	free(out);
}

static void
add_secret(const char *path)
{
	const char *name = strdup(basename(path));
	static uint8_t secret[OVERLAP / 2];
	static uint8_t wide[OVERLAP];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, secret, sizeof(secret));
	size_t len = (size_t)got;

	if (got < 4 || name == NULL)
		die(path);
	close(fd);
	add(name, "plain", secret, len, 0);
	for (size_t i = 0; len >= 2 * PIECE && i + PIECE <= len; i += PIECE)
		add(name, "piece", secret + i, PIECE, i);
	add_hex(name, secret, len, "0123456789abcdef");
	add_hex(name, secret, len, "0123456789ABCDEF");
	add_url(name, secret, len, false);
	add_url(name, secret, len, true);
	for (size_t shift = 0; shift < 3; shift++) {
		add_base64(name, secret, len, shift, "+/");
		add_base64(name, secret, len, shift, "-_");
	}
	for (size_t i = 0; i < len; i++)
		wide[2 * i] = secret[i];
	add(name, "utf16", wide, 2 * len, 0);
}

static int
matches(const struct pattern *pattern, const uint8_t *at, size_t left)
{
	return pattern->len <= left &&
	    memcmp(at, pattern->bytes, pattern->len) == 0;
}

/* A piece inside a whole copy is told by the whole copy. */
static int
is_part(int n, const uint8_t *data, size_t len, size_t at)
{
	const struct pattern *piece = &patterns[n];
	int whole = n;

	while (whole > 0 && strcmp(patterns[whole].form, "plain") != 0)
		whole--;
	return at >= piece->offset &&
	    matches(&patterns[whole], data + at - piece->offset,
		len - at + piece->offset);
}

/* Tell what begins in data[0..mine) of the `len` bytes that are there. */
static void
search(const uint8_t *data, size_t begin, size_t mine, size_t len,
    const char *where, uint64_t base)
{
	for (size_t i = begin; i < mine && i + 1 < len; i++) {
		int n = first[(unsigned)data[i] << 8 | data[i + 1]];

		for (; n >= 0; n = patterns[n].next) {
			if (!matches(&patterns[n], data + i, len - i) ||
			    (strcmp(patterns[n].form, "piece") == 0 &&
				is_part(n, data, len, i)))
				continue;
			printf("%s %s %s 0x%llx\n", patterns[n].secret,
			    patterns[n].form, where,
			    (unsigned long long)(base + i));
			finds++;
		}
	}
}

/*
 * Search [from, to) of a file, or to its end. Two windows lie side by side,
 * so that a copy across their border is seen whole.
 */
static int
search_range(int fd, uint64_t from, uint64_t to, const char *where)
{
	static uint8_t data[2 * WINDOW];
	size_t held = 0;
	size_t begin = 0;
	ssize_t got = 1;

	while (got > 0) {
		size_t want = sizeof(data) - held;

		if (to - from < want)
			want = (size_t)(to - from);
		got = want ? pread(fd, data + held, want, (off_t)from) : 0;
		if (got < 0) {
			search(data, begin, held, held, where, from - held);
			return -1;
		}
		from += (uint64_t)got;
		held += (size_t)got;
		if (got > 0 && held < sizeof(data) && from < to)
			continue;
		if (got == 0 || from == to) {
			search(data, begin, held, held, where, from - held);
			break;
		}
		/* Keep what may have begun a copy, and what led up to it. */
		search(data, begin, held - OVERLAP, held, where, from - held);
		memmove(data, data + held - 2 * OVERLAP, 2 * OVERLAP);
		held = 2 * OVERLAP;
		begin = OVERLAP;
	}
	return 0;
}

static void
search_process(const char *pid)
{
	char path[64], line[4352], name[4096], where[4200];
	unsigned long long from, to;
	char rights[8];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (maps == NULL || fd < 0)
		die(path);
	while (fgets(line, sizeof(line), maps) != NULL) {
		name[0] = '\0';
		if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %4095[^\n]", &from,
			&to, rights, name) < 3 ||
		    strcmp(name, "[vsyscall]") == 0 ||
		    strncmp(name, "[vvar", 5) == 0)
			continue;
		for (char *c = name; *c != '\0'; c++)
			*c = *c == ' ' ? '_' : *c;
		snprintf(where, sizeof(where), "%s:%s", pid,
		    name[0] != '\0' ? name : "anonymous");
		if (search_range(fd, from, to, where) < 0)
			printf("# unreadable %s %s %llu\n", where, rights,
			    to - from);
	}
	fclose(maps);
	close(fd);
}

/* The path itself, or every file below it. */
static void
for_each_file(char *path, void (*each)(const char *path))
{
	char *roots[] = {path, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (tree == NULL || access(path, F_OK) < 0)
		die(path);
	while ((entry = fts_read(tree)) != NULL)
		if (entry->fts_info == FTS_F)
			each(entry->fts_path);
	fts_close(tree);
}

static void
search_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || search_range(fd, 0, UINT64_MAX, path) < 0)
		die(path);
	close(fd);
}

static int
is_number(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

int
main(int argc, char **argv)
{
	memset(first, -1, sizeof(first));
	if (argc < 3) {
		fputs("usage: memscan SECRETS PID|PATH...\n", stderr);
		return 2;
	}
	for_each_file(argv[1], add_secret);
	if (patterns_n == 0)
		die(argv[1]);
	for (int i = 2; i < argc; i++) {
		if (is_number(argv[i]))
			search_process(argv[i]);
		else
			for_each_file(argv[i], search_file);
	}
	return finds > 0;
}
