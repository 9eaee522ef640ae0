dnl AGS_COMPILE_FLAGS(VARIABLE, FLAGS): append each flag the compiler takes.
dnl A shell loop on purpose: m4_foreach would split -Wl,a,b at its commas.
AC_DEFUN([AGS_COMPILE_FLAGS], [
ags_saved_CFLAGS=$CFLAGS
for ags_flag in m4_normalize([$2]); do
	CFLAGS="$ags_saved_CFLAGS -Werror $ags_flag"
	AC_MSG_CHECKING([whether $CC takes $ags_flag])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
	    [AC_MSG_RESULT([yes]); $1="$$1 $ags_flag"],
	    [AC_MSG_RESULT([no])])
done
CFLAGS=$ags_saved_CFLAGS
])

dnl AGS_LINK_FLAGS(VARIABLE, FLAGS): append each flag the linker takes, and
dnl fail on one it refuses: a hardening flag is never dropped in silence.
AC_DEFUN([AGS_LINK_FLAGS], [
ags_saved_LDFLAGS=$LDFLAGS
for ags_flag in m4_normalize([$2]); do
	LDFLAGS="$ags_saved_LDFLAGS $ags_flag"
	AC_MSG_CHECKING([whether the linker takes $ags_flag])
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
	    [AC_MSG_RESULT([yes]); $1="$$1 $ags_flag"],
	    [AC_MSG_RESULT([no])
	     AC_MSG_ERROR([the linker refuses $ags_flag])])
done
LDFLAGS=$ags_saved_LDFLAGS
])
