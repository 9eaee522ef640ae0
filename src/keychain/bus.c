#include "config.h"

#include "bus.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/text.h>

/* Each way to the bus must be a socket: others start programs. */
static bool
is_socket_address(const char *address)
{
	g_auto(GStrv) ways = g_strsplit(address, ";", -1);

	for (char **way = ways; *way != NULL; way++) {
		if (!text_has_prefix(*way, "unix:path=") &&
		    !text_has_prefix(*way, "unix:abstract="))
			return false;
	}
	return ways[0] != NULL;
}

/* Whether the bus of systemd or elogind is where GLib looks for it. */
static bool
is_at_runtime_dir(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	g_autofree char *path = NULL;
	struct stat st;

	if (runtime == NULL || runtime[0] != '/')
		return false;
	path = g_strconcat(runtime, "/bus", NULL);
	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_uid == geteuid();
}

/* With no bus at all, GLib would start one. @return 0; -EXIT_FAILED */
static int
check_address(struct keychain_state *state, struct err *err)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");

	if (address == NULL && !is_at_runtime_dir())
		return keychain_fail(state, REASON_NO_BUS, err,
		    "the keychain cannot be used: there is no session bus");
	if (address != NULL && !is_socket_address(address))
		return keychain_fail(state, REASON_NO_BUS, err,
		    "the keychain cannot be used: the session bus '%s' is no "
		    "Unix socket",
		    address);
	return 0;
}

int
bus_connect(struct keychain_state *state, struct err *err)
{
	g_autoptr(GError) error = NULL;

	if (check_address(state, err) < 0)
		return -EXIT_FAILED;
	/* libsecret takes the connection that is there for the session. */
	state->bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
	if (state->bus == NULL)
		return keychain_fail(state, REASON_NO_BUS, err,
		    "the keychain cannot be used: no connection to the session "
		    "bus: %s",
		    error->message);
	g_dbus_connection_set_exit_on_close(state->bus, FALSE);
	return 0;
}

/* Whether nothing answers to the name. */
static bool
is_missing(const GError *error)
{
	return g_error_matches(
		   error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
	    g_error_matches(
		error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER);
}

/* The bus knows a program for the name, and could not start it. */
static bool
is_not_started(const GError *error)
{
	return error->domain == G_DBUS_ERROR &&
	    error->code >= G_DBUS_ERROR_SPAWN_EXEC_FAILED &&
	    error->code <= G_DBUS_ERROR_SPAWN_NO_MEMORY;
}

int
bus_gone(struct keychain_state *state, struct err *err)
{
	return keychain_fail(state, REASON_NOT_OURS, err,
	    "the keychain has gone away in the middle");
}

int
bus_failed(struct keychain_state *state, GError *error, struct err *err)
{
	g_autoptr(GError) owned = error;

	g_dbus_error_strip_remote_error(owned);
	if (g_error_matches(owned, SECRET_ERROR, SECRET_ERROR_IS_LOCKED))
		return keychain_fail(state, REASON_LOCKED, err,
		    "the keychain '%s' is locked", state->label);
	if (is_missing(owned) ||
	    g_error_matches(owned, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
	    g_error_matches(owned, G_IO_ERROR, G_IO_ERROR_CLOSED))
		return bus_gone(state, err);
	if (is_not_started(owned))
		return keychain_fail(state, REASON_NO_PROVIDER, err,
		    "the keychain cannot be used: the program that keeps it "
		    "did not start: %s",
		    owned->message);
	/* What GLib says of an answer of another type. */
	if (g_error_matches(owned, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
		return keychain_fail(state, REASON_NOT_OURS, err,
		    "the keychain gave a broken answer: %s", owned->message);
	return keychain_fail(state, REASON_REFUSED, err,
	    "the keychain says: %s", owned->message);
}

int
bus_open_session(struct keychain_state *state, struct err *err)
{
	GError *error = NULL;

	state->service = g_initable_new(SECRET_TYPE_SERVICE, NULL, &error,
	    "flags", SECRET_SERVICE_OPEN_SESSION, NULL);
	if (state->service != NULL)
		return 0;
	if (is_missing(error)) {
		g_error_free(error);
		return keychain_fail(state, REASON_NO_PROVIDER, err,
		    "the keychain cannot be used: no program on the session "
		    "bus keeps one");
	}
	return bus_failed(state, error, err);
}

GVariant *
bus_call(struct keychain_state *state, const char *path, const char *interface,
    const char *method, GVariant *parameters, const char *reply,
    struct err *err)
{
	GError *error = NULL;
	GVariant *answer;

	if (state->collection != NULL)
		watchdog_watch(&state->watchdog);
	answer = g_dbus_connection_call_sync(state->bus, SECRETS_NAME, path,
	    interface, method, parameters, G_VARIANT_TYPE(reply),
	    G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, &error);
	if (answer == NULL)
		bus_failed(state, error, err);
	return answer;
}

GVariant *
bus_property(struct keychain_state *state, const char *path,
    const char *interface, const char *name, const char *type, struct err *err)
{
	g_autoptr(GVariant) answer =
	    bus_call(state, path, "org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", interface, name), "(v)", err);
	g_autoptr(GVariant) value = NULL;

	if (answer == NULL)
		return NULL;
	g_variant_get(answer, "(v)", &value);
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE(type))) {
		keychain_fail(state, REASON_NOT_OURS, err,
		    "the keychain gave a broken answer: %s", name);
		return NULL;
	}
	return g_steal_pointer(&value);
}
