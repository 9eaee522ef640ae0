/*
 * dotenv_probe: the reader and writer of .env text, for tests.
 *
 *	dotenv_probe write	entries on standard input, `FILE NAME HEX` a
 *line; those of one FILE follow each other, and are written over what it has.
 *One that is refused is printed as `FILE NAME WHY` and left out. dotenv_probe
 *read FILE…	print `FILE NAME HEX` for each entry, or `FILE error TEXT`
 *
 * HEX is empty for an empty value. Not for secrets: it uses stdio.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum { ENTRIES = 4096 };

static int
die(const struct err *err)
{
	fprintf(stderr, "dotenv_probe: %s\n", err->text);
	exit(2);
}

static struct secret
read_file(const char *path)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct secret text = SECRET_INIT;
	struct err err;

	if (fd >= 0 && arena_read(fd, &text, DOTENV_MAX, path, &err) < 0)
		die(&err);
	return text;
}

/* Write the entries of one file. */
static void
finish(const char *path, const struct dotenv_entry *entries, size_t n)
{
	struct secret old = read_file(path);
	struct secret text;
	struct err err;
	FILE *file;

	if (n == 0)
		return;
	if (dotenv_update(&text, &old, entries, n, path, &err) < 0)
		die(&err);
	file = fopen(path, "we");
	if (file == NULL || fwrite(text.data, 1, text.len, file) != text.len ||
	    fclose(file) != 0)
		exit(2);
}

/* @return whether it is to be written */
static bool
parse_entry(struct dotenv_entry *entry, const char *path, const char *name,
    const char *hex)
{
	size_t len = strlen(hex) / 2;
	const char *why;

	*entry =
	    (struct dotenv_entry){.value = {arena_alloc(len + 1, NULL), len}};
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	if (text_hex_decode(entry->value.data, len, hex) < 0)
		exit(2);
	why = dotenv_unwritable(&entry->value);
	if (why != NULL)
		printf("%s %s %s\n", path, name, why);
	return why == NULL;
}

static int
write_all(void)
{
	static struct dotenv_entry entries[ENTRIES];
	struct arena_mark mark = arena_mark();
	char present[4096] = "";
	char *line = NULL;
	size_t room = 0;
	size_t n = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		char *name = strchr(line, ' ');
		char *hex = name != NULL ? strchr(name + 1, ' ') : NULL;

		if (hex == NULL)
			exit(2);
		line[len - 1] = *name++ = *hex++ = '\0';
		if (strcmp(present, line) != 0 || n == ENTRIES) {
			finish(present, entries, n);
			arena_rewind(mark);
			n = 0;
			snprintf(present, sizeof(present), "%s", line);
		}
		n += parse_entry(&entries[n], present, name, hex);
	}
	finish(present, entries, n);
	free(line);
	return 0;
}

static void
read_one(const char *path)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct secret text = read_file(path);
	struct err err;

	if (dotenv_parse(&dotenv, &text, path, &err) < 0) {
		printf("%s error %s\n", path, err.text);
		return;
	}
	for (size_t i = 0; i < dotenv.n; i++) {
		const struct secret *value = &dotenv.items[i].value;

		printf("%s %s ", path, dotenv.items[i].name);
		for (size_t k = 0; k < value->len; k++)
			printf("%02x", value->data[k]);
		printf("\n");
	}
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "write") == 0)
		return write_all();
	if (argc < 2 || strcmp(argv[1], "read") != 0) {
		fprintf(stderr, "usage: dotenv_probe write | read FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		struct arena_mark mark = arena_mark();

		read_one(argv[i]);
		arena_rewind(mark);
	}
	return 0;
}
