// CNcurses: what Swift cannot say of ncursesw: its macros, variadics and globals, and signal handlers.
// One screen a process; except for the signal handlers everything is called by the thread that owns the terminal.
#pragma once

// The wide-character interface (curs_add_wchstr(3)), whatever the includer defined.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <curses.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Screen.c: the screen ----

#define CN_SCALARS_PER_CELL 5

/// One spacing character with up to four marks over it, closed by a 0 when there are fewer.
typedef struct {
  uint32_t scalars[CN_SCALARS_PER_CELL];
  int32_t pair;
  uint32_t attributes;
} cn_cell;

/// LC_CTYPE of the environment, C.UTF-8 where the environment names none. Returns whether characters are UTF-8.
bool cn_set_locale(void);
/// newterm(3x) with copies of both descriptors; false when terminfo has no entry called `term` that can place a cursor.
bool cn_open(const char *term, int out, int in);
/// Whether cn_open would succeed, without opening anything. cn_described_colors and cn_has_rgb then speak of `term`.
bool cn_describe(const char *term, int out);
int cn_described_colors(void);
/// raw, noecho, nonl, keypad, idlok; after cn_open.
void cn_set_modes(void);
/// start_color(3x) with the terminal's own colours as well; only cn_put_row needs it.
void cn_start_colors(void);
/// endwin(3x) and everything that was allocated.
void cn_close(void);
/// Leaves the screen to the shell; the next cn_flush repaints.
void cn_leave(void);
/// Takes the screen back after cn_leave: everything is painted again by the next cn_flush.
void cn_return(void);

int cn_lines(void);
int cn_columns(void);
int cn_colors(void);
int cn_pairs(void);
/// Whether the entry has the extended flag RGB: colours are numbers 0xRRGGBB.
bool cn_has_rgb(void);
/// Asks the kernel for the size and tells ncurses; true when it changed.
bool cn_resize(int fd);

/// Writes `count` cells from the left of `row`, one call a row; blanks what they leave.
void cn_put_row(int row, const cn_cell *cells, int count);
/// Sends what differs from the screen. A negative column hides the cursor.
void cn_flush(int cursor_column, int cursor_row);
/// Enters the screen and clears it: ncurses writes nothing more before cn_leave or cn_close.
void cn_begin(void);
/// The next cn_flush paints everything.
void cn_repaint(void);
/// wcwidth(3): -1 for what the C library does not know.
int cn_width(uint32_t scalar);

/// What `cn_stream_capabilities` finds: each only where terminfo spells it as ECMA-48 and xterm do.
enum {
  /// Places the cursor, keeps it in the last column, knows SGR's colours, has an alternate screen.
  CN_STREAM_BASE = 1,
  CN_STREAM_COLUMNS = 2,  // ICH, DCH
  CN_STREAM_ROWS = 4,     // DECSTBM, SU, SD
  CN_STREAM_ERASE = 8,    // ECH, EL
  CN_STREAM_BCE = 16,
  CN_STREAM_AXES = 32,    // CHA, VPA
  CN_STREAM_FEED = 64,    // LF, which the line passes on as it is
};
uint32_t cn_stream_capabilities(void);

/// A string of the open terminal's description by its terminfo name; NULL when there is none.
const char *cn_capability(const char *name);

uint32_t cn_attribute_bold(void);
uint32_t cn_attribute_dim(void);
uint32_t cn_attribute_italic(void);
uint32_t cn_attribute_underline(void);
uint32_t cn_attribute_reverse(void);

// ---- Restore.c: signals ----

/// Bytes the handlers write into the wake pipe.
enum { CN_WAKE_RESIZE = 'w', CN_WAKE_HANG_UP = 'h', CN_WAKE_TERMINATE = 't', CN_WAKE_STOP = 'z', CN_WAKE_CONTINUE = 'c' };

/// pipe2(2), which Glibc's module hides: both ends never block and are closed on exec.
bool cn_pipe(int ends[2]);
/// Remembers the terminal's settings (before cn_open). False when `fd` is no terminal.
bool cn_save_settings(int fd);
/// From here on the terminal is ours, and signals and exit(3) give it back:
/// SEGV BUS ILL FPE TRAP ABRT QUIT restore at once, then go on to the handler that was there, or end the process.
/// HUP TERM INT wake the owner, who has two seconds; then they restore and end the process.
/// WINCH TSTP CONT wake the owner.
void cn_guard(int out, int wake);
/// A question to the terminal is open whose replies end with DA1's: whoever gives the terminal back waits a moment for
/// them, so that no shell is typed into.
void cn_expect_reply(bool expected);
/// Reads and forgets what is typed until that reply has come, 300 ms at most; at once when none is expected.
void cn_swallow_reply(void);
/// What the handlers send besides, to terminals with an alternate screen; at most 63 bytes, before cn_guard.
void cn_also_reset(const char *sequences);
/// Which of HUP TERM INT told the process to end; 0 when none has.
int cn_ending_signal(void);
// The program goes on although it was told to end: nothing ends it any more but the next signal, in good order.
void cn_stay(void);
/// Ends the process as the signal does where nobody takes it, so that whoever waits for it is told which.
void cn_end_by_signal(int signal_number) __attribute__((noreturn));
/// Gives the handlers back that were there before cn_guard.
void cn_unguard(void);
/// Whether bytes may still be written: false once a handler gave the terminal back.
bool cn_is_ours(void);
/// Says whether the terminal is in our modes, so that handlers know if there is something to restore.
void cn_set_ours(bool ours);
/// endwin(3x) shows the cursor only where it knows that it was hidden.
void cn_show_cursor(void);
/// Stops the process group as the shell's Ctrl-Z does; returns when it is continued.
void cn_stop_process_group(void);
/// Lets the calling thread take our signals, also where the process was started with some of them blocked.
void cn_receive_signals(void);
/// A second alternate signal stack for the calling thread, for handlers after a stack overflow.
void cn_use_signal_stack(void);

#ifdef __cplusplus
}
#endif
