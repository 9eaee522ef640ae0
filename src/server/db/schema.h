/* The tables, in SQL that SQLite and PostgreSQL both take. */
#ifndef AGENTSECRETS_SERVER_SCHEMA_H
#define AGENTSECRETS_SERVER_SCHEMA_H

#include <stddef.h>

enum { SCHEMA_VERSION = 1 };

/* In the order in which they are run on an empty database. */
extern const char *const schema_statements[];
extern const size_t schema_statements_n;

#endif
