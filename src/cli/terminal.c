#include "config.h"

#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/fd.h>

#include "progress.h"

enum {
	LINE_MAX_BYTES = 131072,
};

/* Only a handler can be told by a global. */
static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	caught = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS_N = sizeof(signals) / sizeof(signals[0]) };

struct terminal {
	int fd;
	int input; /* never makes us wait: a Ctrl-C drops what was typed */
	bool hidden;
	struct termios before;
	sigset_t mask; /* as the caller had it */
	struct sigaction actions[SIGNALS_N];
};

static void
echo_on(struct terminal *terminal)
{
	if (terminal->hidden)
		(void)tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
}

/* What was typed and not read must not become a command of the shell. */
static void
drop_typed(const struct terminal *terminal)
{
	(void)tcflush(terminal->fd, TCIFLUSH);
}

/* Own editing: the kernel's canonical mode cuts a line at 4096 bytes. */
static int
echo_off(struct terminal *terminal)
{
	struct termios quiet = terminal->before;

	if (!terminal->hidden)
		return 0;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	return tcsetattr(terminal->fd, TCSAFLUSH, &quiet);
}

/*
 * The signals are noted by a handler, and let through only while the answer is
 * waited for: one that came just before would go unnoticed otherwise. What is
 * ignored stays ignored.
 */
static void
catch_signals(struct terminal *terminal)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	caught = 0;
	sigemptyset(&blocked);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS_N; i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &terminal->mask);
	for (size_t i = 0; i < SIGNALS_N; i++) {
		sigaction(signals[i], &action, &terminal->actions[i]);
		if (terminal->actions[i].sa_handler == SIG_IGN)
			sigaction(signals[i], &terminal->actions[i], NULL);
	}
}

static void
restore_signals(struct terminal *terminal)
{
	for (size_t i = 0; i < SIGNALS_N; i++)
		sigaction(signals[i], &terminal->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &terminal->mask, NULL);
}

static int
begin(struct terminal *terminal, bool hidden, struct err *err)
{
	terminal->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	terminal->input =
	    open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (terminal->fd < 0 || terminal->input < 0)
		return err_sys(err, EXIT_ACCESS, "cannot open the terminal");
	catch_signals(terminal);
	if (hidden && tcgetattr(terminal->fd, &terminal->before) < 0)
		return err_sys(
		    err, EXIT_ACCESS, "cannot ask the terminal for its state");
	terminal->hidden = hidden;
	if (echo_off(terminal) < 0)
		return err_sys(
		    err, EXIT_ACCESS, "cannot switch the terminal's echo off");
	return 0;
}

static void
finish(struct terminal *terminal)
{
	if (terminal->fd >= 0 && terminal->input >= 0) {
		echo_on(terminal);
		restore_signals(terminal);
	}
	fd_close(&terminal->input);
	fd_close(&terminal->fd);
}

/*
 * A signal came while a person was asked: put the terminal right, let the
 * signal do what it would have done, and ask again when that was to stop.
 */
static int
obey(struct terminal *terminal, const char *prompt)
{
	int number = caught;

	echo_on(terminal);
	drop_typed(terminal);
	(void)fd_write_all(terminal->fd, "\n", 1);
	if (number != SIGTSTP)
		arena_end();
	restore_signals(terminal);
	raise(number);
	/* Only a stop that was continued gets here. */
	if (number != SIGTSTP)
		_exit(128 + number);
	catch_signals(terminal);
	if (echo_off(terminal) < 0)
		return -1;
	return fd_write_all(terminal->fd, prompt, strlen(prompt));
}

enum { KEY_ERASE = 0x7f, KEY_BACKSPACE = 0x08, KEY_KILL = 0x15, KEY_END = 4 };

/* @return 1 with a byte; 0 at end of file; -1 with errno */
static ssize_t
read_byte(const struct terminal *terminal, char *c)
{
	struct pollfd wait = {.fd = terminal->input, .events = POLLIN};

	if (ppoll(&wait, 1, NULL, &terminal->mask) < 0)
		return -1;
	return read(terminal->input, c, 1);
}

/* What was typed so far. Without `text` only its end is of interest. */
struct line {
	char *text;
	size_t room;
	size_t len;
	bool too_long;
};

static void
take_key(struct line *line, bool hidden, char c)
{
	if (hidden && (c == KEY_ERASE || c == KEY_BACKSPACE)) {
		/* A whole character, not one byte of it. */
		while (
		    line->len > 0 && (line->text[--line->len] & 0xc0) == 0x80)
			;
	} else if (hidden && c == KEY_KILL) {
		line->len = 0;
		line->too_long = false;
	} else if (line->len + 1 < line->room) {
		line->text[line->len++] = c;
	} else {
		/* To the end of the line all the same: it is not meant for
		 * whoever reads the terminal next. */
		line->too_long = line->text != NULL;
	}
}

/* Read a line bytewise. @return 0; -1 with errno; -2 at end of file */
static int
read_line(struct terminal *terminal, const char *prompt, struct line *line)
{
	for (;;) {
		char c = 0;
		ssize_t n = read_byte(terminal, &c);

		if (n < 0 && errno == EINTR && caught != 0) {
			secret_wipe(line->text, line->len);
			line->len = 0;
			line->too_long = false;
			if (obey(terminal, prompt) < 0)
				return -1;
			continue;
		}
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -1;
		if (n == 0 ||
		    (terminal->hidden && c == KEY_END && line->len == 0))
			return -2;
		if (c == '\n' || (terminal->hidden && c == '\r')) {
			errno = EMSGSIZE;
			return line->too_long ? -1 : 0;
		}
		take_key(line, terminal->hidden, c);
	}
}

static int
ask(const char *prompt, bool hidden, char *out, size_t room, size_t *len,
    struct err *err)
{
	struct terminal terminal = {.fd = -1, .input = -1};
	struct line line = {.text = out, .room = room};
	int rc;
	int sys;

	progress_hide();
	if (begin(&terminal, hidden, err) < 0) {
		finish(&terminal);
		return -(int)err->status;
	}
	(void)fd_write_all(terminal.fd, prompt, strlen(prompt));
	rc = read_line(&terminal, prompt, &line);
	sys = errno;
	if (rc < 0)
		drop_typed(&terminal);
	if (hidden)
		(void)fd_write_all(terminal.fd, "\n", 1);
	finish(&terminal);
	errno = sys;
	if (rc == -2)
		return err_set(err, EXIT_FAILED, "no answer was given");
	if (rc < 0 && errno == EMSGSIZE)
		return err_set(err, EXIT_USAGE,
		    "the answer is longer than %zu bytes", room - 1);
	if (rc < 0)
		return err_sys(err, EXIT_FAILED, "cannot read the terminal");
	*len = line.len;
	return 0;
}

static int
ask_secret(const char *prompt, struct secret *out, struct err *err)
{
	char *line = arena_alloc(LINE_MAX_BYTES, err);
	size_t len;

	if (line == NULL ||
	    ask(prompt, true, line, LINE_MAX_BYTES, &len, err) < 0)
		return -(int)err->status;
	arena_trim(line, len + 1);
	line[len] = '\0';
	*out = (struct secret){(uint8_t *)line, len};
	return 0;
}

static int
ask_line(const char *prompt, char *out, size_t out_len, struct err *err)
{
	char line[4096];
	size_t len;

	if (out == NULL)
		return ask(prompt, false, NULL, 0, &len, err);
	if (out_len > sizeof(line))
		out_len = sizeof(line);
	if (ask(prompt, false, line, out_len, &len, err) < 0)
		return -(int)err->status;
	memcpy(out, line, len);
	out[len] = '\0';
	return 0;
}

/* Past stdio, whose buffers would keep a copy. */
static int
show_secret(const char *label, const struct secret *secret, struct err *err)
{
	AUTO_FD int fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, label, strlen(label)) < 0 ||
	    fd_write_all(fd, secret->data, secret->len) < 0 ||
	    fd_write_all(fd, "\n", 1) < 0)
		return err_sys(
		    err, EXIT_ACCESS, "cannot write to the terminal");
	return 0;
}

static bool
is_there(void)
{
	int fd;
	bool found;

	if (!isatty(STDIN_FILENO) && !isatty(STDERR_FILENO))
		return false;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	found = fd >= 0;
	fd_close(&fd);
	return found;
}

const struct asker *
terminal_asker(void)
{
	static const struct asker asker = {
	    is_there, ask_secret, ask_line, show_secret};

	return &asker;
}
