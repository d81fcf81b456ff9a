#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Everything a handler touches is set before the handlers are, and only read afterwards.
static struct termios settings;
static int settings_fd = -1;
static int output_fd = -1;
static int wake_fd = -1;
static char farewell[512];
static size_t farewell_length;
static char also[64];
static atomic_bool ours;
// When a question was asked that is not answered yet; 0 = none.
static _Atomic int64_t asked_ms;
static volatile sig_atomic_t ending_signal;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGQUIT};
static const int waking_signals[] = {SIGHUP, SIGTERM, SIGINT, SIGWINCH, SIGTSTP, SIGCONT, SIGALRM};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
static struct sigaction crash_before[COUNT(crash_signals)];
static struct sigaction waking_before[COUNT(waking_signals)];

bool cn_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0; }

bool cn_save_settings(int fd) {
  settings_fd = fd;
  return tcgetattr(fd, &settings) == 0;
}

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void cn_expect_reply(bool expected) { atomic_store(&asked_ms, expected ? now_ms() : 0); }

// A reply on its way would be typed into the shell. It ends with DA1's, `ESC [ ? ... c`.
void cn_swallow_reply(void) {
  int64_t asked = atomic_exchange(&asked_ms, 0);
  // Who has not answered by now never will.
  if (asked == 0 || now_ms() - asked > 3000) return;
  int64_t end = now_ms() + 300;
  int matched = 0;
  while (matched < 4) {
    int64_t left = end - now_ms();
    struct pollfd entry = {.fd = settings_fd, .events = POLLIN};
    if (left <= 0 || poll(&entry, 1, (int)left) <= 0) return;
    char bytes[64];
    ssize_t count = read(settings_fd, bytes, sizeof(bytes));
    if (count <= 0) return;
    for (ssize_t index = 0; index < count && matched < 4; index++) {
      char byte = bytes[index];
      bool number = (byte >= '0' && byte <= '9') || byte == ';';
      if (byte == "\033[?c"[matched]) matched++;
      else if (matched < 3 || !number) matched = byte == '\033';
    }
  }
}

// Async-signal-safe: write(2), poll(2), read(2), clock_gettime(2) and tcsetattr(3) only.
static void give_back(void) {
  if (!atomic_exchange(&ours, false)) return;
  int saved = errno;
  size_t sent = 0;
  while (sent < farewell_length) {
    ssize_t count = write(output_fd, farewell + sent, farewell_length - sent);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    sent += (size_t)count;
  }
  cn_swallow_reply();
  tcsetattr(settings_fd, TCSANOW, &settings);
  errno = saved;
}

static void append(const char *text) {
  if (text == NULL || text == (const char *)-1) return;
  for (; *text != 0 && farewell_length < sizeof(farewell); text++) {
    // Padding such as $<5> is for terminals of 1975.
    if (text[0] == '$' && text[1] == '<') {
      const char *end = strchr(text, '>');
      if (end != NULL) {
        text = end;
        continue;
      }
    }
    farewell[farewell_length++] = *text;
  }
}

void cn_show_cursor(void) {
  size_t kept = farewell_length;
  append(tigetstr("cnorm"));
  ssize_t ignored = write(output_fd, farewell + kept, farewell_length - kept);
  (void)ignored;
  farewell_length = kept;
}

// What the entry can undo, and for terminals with an alternate screen also the modes terminfo has no names for.
static void compose_farewell(void) {
  farewell_length = 0;
  const char *leave = tigetstr("rmcup");
  bool alternate = leave != NULL && leave != (const char *)-1;
  if (alternate) append("\033[?2026l\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l\033[?7h");
  if (alternate) append(also);
  append(tigetstr("rmkx"));
  if (alternate) append("\033[r");
  append(tigetstr("sgr0"));
  append(tigetstr("op"));
  append(tigetstr("cnorm"));
  if (alternate) {
    append("\033[?25h");
    append(leave);
  }
  append("\r");
  if (!alternate) append("\n");
}

__attribute__((noreturn)) static void end_by(int signal_number) {
  signal(signal_number, SIG_DFL);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, signal_number);
  sigprocmask(SIG_UNBLOCK, &mask, NULL);
  raise(signal_number);
  _exit(128 + signal_number);
}

// The runtime's backtrace would end in a question that waits thirty seconds in raw mode; with nobody to answer it
// prints the trace and ends.
static void close_input(void) {
  int nobody = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nobody >= 0) dup2(nobody, STDIN_FILENO);
}

static void on_crash(int signal_number, siginfo_t *info, void *context) {
  give_back();
  close_input();
  for (size_t index = 0; index < COUNT(crash_signals); index++) {
    if (crash_signals[index] != signal_number) continue;
    struct sigaction *before = &crash_before[index];
    sigaction(signal_number, before, NULL);
    // The runtime's backtrace, now on a screen where it can be read.
    if (before->sa_flags & SA_SIGINFO) before->sa_sigaction(signal_number, info, context);
    else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) before->sa_handler(signal_number);
  }
  end_by(signal_number);
}

static void wake(char reason) {
  int saved = errno;
  // A full pipe wakes its reader as well.
  ssize_t ignored = write(wake_fd, &reason, 1);
  (void)ignored;
  errno = saved;
}

static void on_waking(int signal_number) {
  switch (signal_number) {
  case SIGWINCH: wake(CN_WAKE_RESIZE); break;
  case SIGTSTP: wake(CN_WAKE_STOP); break;
  case SIGCONT: wake(CN_WAKE_CONTINUE); break;
  case SIGALRM:
    if (ending_signal == 0) break;
    give_back();
    end_by(ending_signal);
    break;
  default:
    // The kernel and the shell both tell of a line that is gone.
    if (signal_number == SIGHUP && ending_signal == SIGHUP) break;
    // A second one does not wait for the first.
    if (ending_signal != 0) {
      give_back();
      end_by(signal_number);
    }
    ending_signal = signal_number;
    alarm(2);
    wake(signal_number == SIGHUP ? CN_WAKE_HANG_UP : CN_WAKE_TERMINATE);
  }
}

void cn_use_signal_stack(void) {
  stack_t current;
  if (sigaltstack(NULL, &current) == 0 && !(current.ss_flags & SS_DISABLE)) return;
  // Never freed: a thread that crashes while it ends still needs it.
  stack_t stack = {.ss_size = 64 * 1024};
  stack.ss_sp = malloc(stack.ss_size);
  if (stack.ss_sp != NULL) sigaltstack(&stack, NULL);
}

void cn_receive_signals(void) {
  sigset_t mask;
  sigemptyset(&mask);
  for (size_t index = 0; index < COUNT(crash_signals); index++) sigaddset(&mask, crash_signals[index]);
  for (size_t index = 0; index < COUNT(waking_signals); index++) sigaddset(&mask, waking_signals[index]);
  pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
}

void cn_also_reset(const char *sequences) { snprintf(also, sizeof(also), "%s", sequences); }

void cn_guard(int out, int wake_pipe) {
  output_fd = out;
  wake_fd = wake_pipe;
  compose_farewell();
  cn_use_signal_stack();
  atomic_store(&ours, true);
  static bool registered;
  if (!registered) registered = atexit(give_back) == 0;

  struct sigaction crash = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&crash.sa_mask);
  for (size_t index = 0; index < COUNT(crash_signals); index++)
    sigaction(crash_signals[index], &crash, &crash_before[index]);
  struct sigaction waking = {.sa_handler = on_waking, .sa_flags = SA_RESTART | SA_ONSTACK};
  sigemptyset(&waking.sa_mask);
  for (size_t index = 0; index < COUNT(waking_signals); index++) {
    sigaction(waking_signals[index], &waking, &waking_before[index]);
    // nohup's wish is kept.
    if (waking_signals[index] == SIGHUP && waking_before[index].sa_handler == SIG_IGN)
      sigaction(SIGHUP, &waking_before[index], NULL);
  }
}

void cn_unguard(void) {
  atomic_store(&ours, false);
  for (size_t index = 0; index < COUNT(crash_signals); index++)
    sigaction(crash_signals[index], &crash_before[index], NULL);
  for (size_t index = 0; index < COUNT(waking_signals); index++) {
    // The two seconds of a program that was told to end go on.
    if (waking_signals[index] == SIGALRM && ending_signal != 0) continue;
    // ncurses' own handlers would touch a screen that is gone.
    bool is_curses = waking_signals[index] != SIGHUP && waking_signals[index] != SIGALRM && waking_signals[index] != SIGCONT;
    if (is_curses) signal(waking_signals[index], SIG_DFL);
    else sigaction(waking_signals[index], &waking_before[index], NULL);
  }
}

int cn_ending_signal(void) { return ending_signal; }

void cn_stay(void) {
  alarm(0);
  ending_signal = 0;
}

void cn_end_by_signal(int signal_number) { end_by(signal_number); }

bool cn_is_ours(void) { return atomic_load(&ours); }
void cn_set_ours(bool is_ours) { atomic_store(&ours, is_ours); }

void cn_stop_process_group(void) {
  struct sigaction before;
  struct sigaction ignored = {.sa_handler = SIG_IGN};
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigemptyset(&ignored.sa_mask);
  sigemptyset(&standard.sa_mask);
  sigaction(SIGTSTP, &ignored, &before);
  kill(0, SIGTSTP);
  // To this thread, so that it has stopped the process before the handler comes back. TSTP and not STOP: where no shell
  // could continue the process, the kernel does not stop it.
  sigaction(SIGTSTP, &standard, NULL);
  raise(SIGTSTP);
  sigaction(SIGTSTP, &before, NULL);
}
