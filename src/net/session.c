#include "config.h"

#include "session.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

enum { TOKEN_MAX = 4096, ASSUMED_SECONDS = 600 };

/* Whether the text may stand in a header. */
static bool
is_token(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && len <= TOKEN_MAX;
}

static bool
member_is_sound(const cJSON *document, const char *key)
{
	const cJSON *member = json_get(document, key);

	return member == NULL || cJSON_IsNull(member) ||
	    (cJSON_IsString(member) &&
		(member->valuestring[0] == '\0' ||
		    is_token(member->valuestring)));
}

static bool
is_for(const cJSON *document, const char *server)
{
	const cJSON *named = json_get(document, "server");

	return named == NULL ||
	    (cJSON_IsString(named) && text_equal(named->valuestring, server));
}

int
session_set(struct session *session, const char *server, const void *text,
    size_t len, struct err *err)
{
	AUTO_JSON cJSON *document = NULL;

	if (json_parse(&document, text, len, "the stored session", err) < 0)
		return -EXIT_FAILED;
	if (!cJSON_IsObject(document) ||
	    !member_is_sound(document, "access_token") ||
	    !member_is_sound(document, "refresh_token"))
		return err_set(
		    err, EXIT_FAILED, "the stored session is damaged");
	session_release(session);
	if (!is_for(document, server))
		return 0;
	session->document = document;
	document = NULL;
	return 0;
}

static const char *
token(const struct session *session, const char *key)
{
	const char *text = json_get_text(session->document, key);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

const char *
session_access(const struct session *session)
{
	return token(session, "access_token");
}

const char *
session_refresh(const struct session *session)
{
	return token(session, "refresh_token");
}

static int
put_text(cJSON *document, const char *key, const char *text)
{
	return json_put(document, key, cJSON_CreateString(text));
}

/* Protocol 2.2, A3: clients assume ten minutes. */
static int
put_assumed_expiry(cJSON *document)
{
	char text[32];
	time_t then = time(NULL) + ASSUMED_SECONDS;
	struct tm utc;

	if (gmtime_r(&then, &utc) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &utc) == 0)
		return -1;
	return put_text(document, "expires_at", text);
}

int
session_take(struct session *session, const char *server, const cJSON *data)
{
	const char *access = json_get_text(data, "access");
	const char *refresh = json_get_text(data, "refresh");
	const char *expires = json_get_text(data, "expires_at");
	AUTO_JSON cJSON *document = NULL;

	if (access == NULL || !is_token(access) ||
	    (refresh != NULL && !is_token(refresh)))
		return -1;
	document = session->document != NULL
	    ? cJSON_Duplicate(session->document, true)
	    : cJSON_CreateObject();
	if (document == NULL ||
	    put_text(document, "access_token", access) < 0 ||
	    put_text(document, "server", server) < 0)
		return -1;
	if (refresh != NULL && put_text(document, "refresh_token", refresh) < 0)
		return -1;
	if ((expires != NULL ? put_text(document, "expires_at", expires)
			     : put_assumed_expiry(document)) < 0)
		return -1;
	session_release(session);
	session->document = document;
	document = NULL;
	return 0;
}

int
session_print(const struct session *session, struct buf *out)
{
	if (session->document == NULL)
		return buf_append_text(out, "{}");
	return json_print(out, session->document, true);
}

void
session_release(struct session *session)
{
	json_release(&session->document);
}
