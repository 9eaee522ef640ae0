/*
 * vault_text: what vault.c and vault_text.c share.
 */
#ifndef VAULT_TEXT_H
#define VAULT_TEXT_H

#include <agentsecrets/vault.h>

/**
 * Why a row may not stand in a vault: name, mark or blob. NULL when it may.
 * A blob of a secret that never was bound has the mark (0, 0).
 */
const char *vault_row_fault(const struct vault_row *row);

#endif
