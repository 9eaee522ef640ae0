/* bus: connecting to the session bus and calling the Secret Service. */
#ifndef KEYCHAIN_BUS_H
#define KEYCHAIN_BUS_H

#include "state.h"

#define SECRETS_NAME "org.freedesktop.secrets"
#define SECRETS_PATH "/org/freedesktop/secrets"
#define SECRETS_SERVICE "org.freedesktop.Secret.Service"
#define SECRETS_COLLECTION "org.freedesktop.Secret.Collection"
#define SECRETS_ITEM "org.freedesktop.Secret.Item"

/**
 * Connect to the bus of DBUS_SESSION_BUS_ADDRESS, else to that in
 * XDG_RUNTIME_DIR. Only Unix sockets, and no bus is ever started.
 *
 * @return 0; -EXIT_FAILED with REASON_NO_BUS
 */
int bus_connect(struct keychain_state *state, struct err *err);

/**
 * Find the provider and agree with it on a session, in which values travel
 * encrypted.
 *
 * @return 0; -EXIT_FAILED with REASON_NO_PROVIDER, or as bus_failed()
 */
int bus_open_session(struct keychain_state *state, struct err *err);

/**
 * Call a method of the provider. The watchdog gives it its time anew, except
 * while the keychain is being opened: then all calls share one.
 *
 * @param parameters  a floating tuple, consumed; NULL for none
 * @param reply       the type of the answer
 * @return the answer to be released; NULL with `err` and a reason
 */
GVariant *bus_call(struct keychain_state *state, const char *path,
    const char *interface, const char *method, GVariant *parameters,
    const char *reply, struct err *err);

/**
 * Read a property.
 *
 * @return the value, of that type; NULL with `err` and a reason
 */
GVariant *bus_property(struct keychain_state *state, const char *path,
    const char *interface, const char *name, const char *type, struct err *err);

/**
 * Turn an error of GLib into ours.
 *
 * @param error  freed
 * @return -EXIT_FAILED with REASON_LOCKED, REASON_REFUSED, REASON_NOT_OURS
 */
int bus_failed(struct keychain_state *state, GError *error, struct err *err);

/** The provider or the bus has ended. @return -EXIT_FAILED */
int bus_gone(struct keychain_state *state, struct err *err);

#endif
