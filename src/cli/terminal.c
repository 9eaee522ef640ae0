#include "config.h"

#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/fd.h>

enum { LINE_MAX_BYTES = 131072 };

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
	terminal->hidden = hidden;
	terminal->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->fd < 0)
		return err_sys(err, EXIT_ACCESS, "cannot open the terminal");
	catch_signals(terminal);
	if (hidden && tcgetattr(terminal->fd, &terminal->before) < 0)
		terminal->hidden = false;
	if (echo_off(terminal) < 0)
		return err_sys(
		    err, EXIT_ACCESS, "cannot switch the terminal's echo off");
	return 0;
}

static void
finish(struct terminal *terminal)
{
	if (terminal->fd < 0)
		return;
	echo_on(terminal);
	restore_signals(terminal);
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
	struct pollfd wait = {.fd = terminal->fd, .events = POLLIN};

	if (ppoll(&wait, 1, NULL, &terminal->mask) < 0)
		return -1;
	return read(terminal->fd, c, 1);
}

/*
 * Read a line bytewise. @return its length; -1 with errno; -2 at end of file
 */
static ssize_t
read_line(struct terminal *terminal, const char *prompt, char *out, size_t room)
{
	size_t len = 0;

	for (;;) {
		char c = 0;
		ssize_t n = read_byte(terminal, &c);

		if (n < 0 && errno == EINTR && caught != 0) {
			secret_wipe(out, len);
			len = 0;
			if (obey(terminal, prompt) < 0)
				return -1;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0 || (terminal->hidden && c == KEY_END && len == 0))
			return -2;
		if (c == '\n' || (terminal->hidden && c == '\r'))
			return (ssize_t)len;
		if (terminal->hidden &&
		    (c == KEY_ERASE || c == KEY_BACKSPACE)) {
			/* A whole character, not one byte of it. */
			while (len > 0 && (out[--len] & 0xc0) == 0x80)
				;
			continue;
		}
		if (terminal->hidden && c == KEY_KILL) {
			len = 0;
			continue;
		}
		if (len + 1 >= room) {
			errno = EMSGSIZE;
			return -1;
		}
		out[len++] = c;
	}
}

static int
ask(const char *prompt, bool hidden, char *out, size_t room, size_t *len,
    struct err *err)
{
	struct terminal terminal = {.fd = -1};
	ssize_t n;
	int sys;

	if (begin(&terminal, hidden, err) < 0) {
		finish(&terminal);
		return -(int)err->status;
	}
	(void)fd_write_all(terminal.fd, prompt, strlen(prompt));
	n = read_line(&terminal, prompt, out, room);
	sys = errno;
	if (hidden)
		(void)fd_write_all(terminal.fd, "\n", 1);
	finish(&terminal);
	errno = sys;
	if (n == -2)
		return err_set(err, EXIT_FAILED, "no answer was given");
	if (n < 0 && errno == EMSGSIZE)
		return err_set(err, EXIT_USAGE,
		    "the answer is longer than %zu bytes", room - 1);
	if (n < 0)
		return err_sys(err, EXIT_FAILED, "cannot read the terminal");
	*len = (size_t)n;
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
