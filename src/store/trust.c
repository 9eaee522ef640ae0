#include "config.h"

#include <agentsecrets/trust.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "trust_text.h"

void
trust_release(struct trust *trust)
{
	for (size_t i = 0; i < trust->directories_n; i++)
		free(trust->directories[i].path);
	free(trust->pins);
	free(trust->workspaces);
	free(trust->recipients);
	free(trust->tokens);
	free(trust->projects);
	free(trust->directories);
	*trust = (struct trust)TRUST_INIT;
}

void *
trust_grow(void *items, size_t *n, size_t size)
{
	uint8_t *grown;
	void *old;

	memcpy(&old, items, sizeof(old));
	grown = reallocarray(old, *n + 1, size);
	if (grown == NULL)
		return NULL;
	memcpy(items, &grown, sizeof(grown));
	memset(grown + *n * size, 0, size);
	return grown + (*n)++ * size;
}

int
trust_load(struct trust *out, const struct home *home, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	int rc = home_read(home, "trust", &text, SMALL_FILE_MAX, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		err_set(err, EXIT_UNSAFE, "'%s/trust' is missing", home->path);
	else if ((rc = trust_parse(out, buf_text_view(&text), text.len, err)) ==
	    0)
		return 0;
	else if (rc == -EXIT_UNSAFE)
		err_prefix(err, "'%s/trust'", home->path);
	else
		return rc;
	err_hint(err,
	    "put it back from a backup, or make it anew with "
	    "'agentsecrets key import KIT'");
	return -EXIT_UNSAFE;
}

int
trust_save(const struct trust *trust, const struct home *home, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_TRUST struct trust again = TRUST_INIT;
	int rc = trust_print(&text, trust, err);

	if (rc < 0)
		return rc;
	/* Never write what would be refused at the next start. */
	if (text.len > SMALL_FILE_MAX ||
	    trust_parse(&again, buf_text_view(&text), text.len, err) < 0)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s/trust': it would not be readable",
		    home->path);
	return home_write(home, "trust", text.data, text.len, err);
}

struct trust_workspace *
trust_workspace_find(const struct trust *trust, const char *id)
{
	for (size_t i = 0; i < trust->workspaces_n; i++) {
		if (text_equal(trust->workspaces[i].id, id))
			return &trust->workspaces[i];
	}
	return NULL;
}

struct trust_project *
trust_project_find(const struct trust *trust, const char *id)
{
	for (size_t i = 0; i < trust->projects_n; i++) {
		if (text_equal(trust->projects[i].id, id))
			return &trust->projects[i];
	}
	return NULL;
}

struct trust_directory *
trust_directory_find(const struct trust *trust, const char *path)
{
	for (size_t i = 0; i < trust->directories_n; i++) {
		if (text_equal(trust->directories[i].path, path))
			return &trust->directories[i];
	}
	return NULL;
}

int
trust_workspace_put(struct trust *trust,
    const struct trust_workspace *workspace, struct err *err)
{
	struct trust_workspace *there =
	    trust_workspace_find(trust, workspace->id);

	if (there == NULL)
		there = trust_grow(
		    &trust->workspaces, &trust->workspaces_n, sizeof(*there));
	if (there == NULL)
		return err_memory(err);
	*there = *workspace;
	return 0;
}

int
trust_project_put(
    struct trust *trust, const struct trust_project *project, struct err *err)
{
	struct trust_project *there = trust_project_find(trust, project->id);

	if (there == NULL)
		there = trust_grow(
		    &trust->projects, &trust->projects_n, sizeof(*there));
	if (there == NULL)
		return err_memory(err);
	*there = *project;
	return 0;
}

int
trust_directory_put(struct trust *trust,
    const struct trust_directory *directory, struct err *err)
{
	struct trust_directory *there =
	    trust_directory_find(trust, directory->path);
	char *path = strdup(directory->path);

	if (path == NULL)
		return err_memory(err);
	if (there == NULL)
		there = trust_grow(
		    &trust->directories, &trust->directories_n, sizeof(*there));
	if (there == NULL) {
		free(path);
		return err_memory(err);
	}
	free(there->path);
	*there = *directory;
	there->path = path;
	return 0;
}

bool
trust_directory_remove(struct trust *trust, const char *path)
{
	struct trust_directory *there = trust_directory_find(trust, path);
	size_t after;

	if (there == NULL)
		return false;
	free(there->path);
	after = trust->directories_n - 1 - (size_t)(there - trust->directories);
	memmove(there, there + 1, after * sizeof(*there));
	trust->directories_n--;
	return true;
}

void
trust_project_remove(struct trust *trust, const char *id)
{
	struct trust_project *there = trust_project_find(trust, id);
	size_t kept = 0;

	if (there != NULL)
		*there = trust->projects[--trust->projects_n];
	for (size_t i = 0; i < trust->directories_n; i++) {
		if (text_equal(trust->directories[i].project, id))
			free(trust->directories[i].path);
		else
			trust->directories[kept++] = trust->directories[i];
	}
	trust->directories_n = kept;
}
