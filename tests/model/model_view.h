/*
 * model_view: what the parts of the model share.
 */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include "world.h"

/* One environment, as a step at one seat sees it. */
struct view {
	struct world *world;
	int environment;
	int home;
	int copy; /* or -1 */
	struct cell *server;
	struct cell *vault;
	struct held *held;
	int *file; /* whether it is there; NULL: the copy is no file */
};

/** What a step sees. */
struct view view_of(struct world *world, const struct step *step);

/**
 * What the copy has. An empty item of a name that is behind is what a
 * keychain leaves that was killed over it, and counts as none.
 */
int view_here(const struct view *view, int name);

/** The vault takes a row; every copy of the home is behind from then on. */
void view_record(struct view *view, int name);

/**
 * All or nothing. Where somebody else wrote meanwhile, all that there is is
 * looked at, compared value by value, and recorded together with what is
 * written.
 *
 * @param own   the copy is what is sent: its base counts
 * @param look  in any case
 * @param said  out: what was written and deleted, what was taken instead, how
 *              many were there already; a conflict
 */
void view_write(struct view *view, const struct step *step, unsigned names,
    bool own, bool look, struct outcome *said);

/**
 * The copy follows the vault, but for what was changed in it.
 *
 * @param all    look at every name, not only at those behind
 * @param named  these the copy gets in any case
 */
void view_settle(struct view *view, bool all, bool force, unsigned named);

/** Names that somebody gave: all count as written, also the same again. */
void view_set(struct view *view, const struct step *step, struct outcome *said);

void model_set_all(
    struct world *world, const struct step *step, struct outcome *said);
void model_copy(
    struct view *view, const struct step *step, struct outcome *said);
void model_clean(
    struct view *view, const struct step *step, struct outcome *said);
void model_diff_both(
    const struct world *world, const struct step *step, struct outcome *said);

#endif
