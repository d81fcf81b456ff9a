#define _GNU_SOURCE
#include "shim.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

// curses.h and term.h are macros over names like `lines`; these are ours.
static SCREEN *screen;
static FILE *output;
static FILE *input;

static bool is_named(const char *variable) {
  const char *value = getenv(variable);
  return value != NULL && *value != 0;
}

bool cn_set_locale(void) {
  bool named = is_named("LC_ALL") || is_named("LC_CTYPE") || is_named("LANG");
  // A bare SSH login names no locale, and its terminal is UTF-8 all the same.
  if (setlocale(LC_CTYPE, named ? "" : "C.UTF-8") == NULL) setlocale(LC_CTYPE, "C.UTF-8");
  return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static FILE *open_copy(int fd, const char *mode) {
  int copy = dup(fd);
  if (copy < 0) return NULL;
  FILE *file = fdopen(copy, mode);
  if (file == NULL) close(copy);
  return file;
}

bool cn_open(const char *term, int out, int in) {
  if (output == NULL) output = open_copy(out, "w");
  if (input == NULL) input = open_copy(in, "r");
  if (output == NULL || input == NULL) return false;
  use_extended_names(TRUE);
  screen = newterm(term, output, input);
  if (screen == NULL) return false;
  set_term(screen);
  // A description without cursor addressing (emacs, network) is no screen.
  if (cursor_address != NULL) return true;
  delscreen(screen);
  screen = NULL;
  return false;
}

bool cn_describe(const char *term, int out) {
  int found = 0;
  return setupterm(term, out, &found) == OK && cursor_address != NULL;
}

int cn_described_colors(void) { return max_colors > 0 ? max_colors : 0; }

void cn_set_modes(void) {
  raw();
  noecho();
  nonl();
  // What was typed is no reason to leave a frame half painted: replies are input as well.
  typeahead(-1);
  keypad(stdscr, TRUE);
  idlok(stdscr, TRUE);
  idcok(stdscr, TRUE);
}

void cn_start_colors(void) {
  if (!has_colors()) return;
  start_color();
  use_default_colors();
}

// Where there is no other screen to go back to, the shell's prompt gets the last line: empty it first.
static void clear_last_line(void) {
  if (enter_ca_mode != NULL) return;
  move(LINES - 1, 0);
  clrtoeol();
  wrefresh(stdscr);
}

void cn_close(void) {
  if (screen == NULL) return;
  clear_last_line();
  endwin();
  cn_show_cursor();
  delscreen(screen);
  fclose(output);
  fclose(input);
  screen = NULL;
  output = NULL;
  input = NULL;
}

void cn_leave(void) {
  clear_last_line();
  endwin();
  cn_show_cursor();
}

void cn_return(void) {
  reset_prog_mode();
  clearok(curscr, TRUE);
  wrefresh(stdscr);
}

int cn_lines(void) { return LINES; }
int cn_columns(void) { return COLS; }
int cn_colors(void) { return has_colors() ? cn_described_colors() : 0; }
int cn_pairs(void) { return has_colors() ? COLOR_PAIRS : 0; }
bool cn_has_rgb(void) {
  // A flag, a number or a string by terminfo(5)'s user_caps(5); ncurses writes any of them.
  const char *bits = tigetstr("RGB");
  return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (bits != NULL && bits != (const char *)-1);
}

bool cn_resize(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return false;
  if (size.ws_row == LINES && size.ws_col == COLS) return false;
  resizeterm(size.ws_row, size.ws_col);
  return true;
}

void cn_put_row(int row, const cn_cell *cells, int count) {
  cchar_t line[1024];
  int length = count < 1023 ? count : 1023;
  for (int index = 0; index < length; index++) {
    wchar_t text[CN_SCALARS_PER_CELL + 1] = {0};
    for (int part = 0; part < CN_SCALARS_PER_CELL && cells[index].scalars[part] != 0; part++)
      text[part] = (wchar_t)cells[index].scalars[part];
    int pair = cells[index].pair;
    // The short holds what fits; `opts` carries the whole number.
    setcchar(&line[index], text, (attr_t)cells[index].attributes, (short)(pair < 32767 ? pair : 32767), &pair);
  }
  // Nothing of an older row survives on the right, also where widths were judged differently.
  wmove(stdscr, row, 0);
  if (length == 0) {
    wclrtoeol(stdscr);
    return;
  }
  mvwadd_wchnstr(stdscr, row, 0, line, length);
}

void cn_flush(int cursor_column, int cursor_row) {
  static int visible = -1;
  int wanted = cursor_column >= 0;
  if (wanted != visible) {
    curs_set(wanted);
    visible = wanted;
  }
  if (wanted) wmove(stdscr, cursor_row, cursor_column);
  wnoutrefresh(stdscr);
  doupdate();
}

void cn_begin(void) { wrefresh(stdscr); }

void cn_repaint(void) { clearok(curscr, TRUE); }

int cn_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

const char *cn_capability(const char *name) {
  const char *text = tigetstr(name);
  return text == (const char *)-1 ? NULL : text;
}

uint32_t cn_attribute_bold(void) { return A_BOLD; }
uint32_t cn_attribute_dim(void) { return A_DIM; }
uint32_t cn_attribute_italic(void) { return A_ITALIC; }
uint32_t cn_attribute_underline(void) { return A_UNDERLINE; }
uint32_t cn_attribute_reverse(void) { return A_REVERSE; }

static bool is_spelled(const char *capability, const char *spelling) {
  const char *own = tigetstr(capability);
  return own != NULL && own != (const char *)-1 && strcmp(own, spelling) == 0;
}

// The colour codes that SGR has for the largest number a frame may hold.
static bool has_known_colours(void) {
  if (!has_colors()) return true;
  const char *set = tigetstr("setab");
  if (set == NULL || set == (const char *)-1) return false;
  int colors = cn_described_colors();
  if (colors > 256) return cn_has_rgb();
  if (colors < 16) return false;
  int last = colors == 256 ? 200 : 9;
  return strcmp(tiparm(set, last), colors == 256 ? "\033[48;5;200m" : "\033[101m") == 0;
}

// Where the line makes CR and LF of an LF, the cursor would not stay in its column. newterm(3x) tells it not to.
static bool passes_line_feeds(void) {
  struct termios line;
  return tcgetattr(fileno(output), &line) == 0 && ((line.c_oflag & OPOST) == 0 || (line.c_oflag & ONLCR) == 0);
}

uint32_t cn_stream_capabilities(void) {
  uint32_t found = 0;
  bool alternate = enter_ca_mode != NULL;
  if (alternate && tigetflag("am") > 0 && tigetflag("xenl") > 0 && is_spelled("cup", "\033[%i%p1%d;%p2%dH") &&
      is_spelled("cuf", "\033[%p1%dC") && has_known_colours())
    found |= CN_STREAM_BASE;
  if (is_spelled("dch", "\033[%p1%dP") && is_spelled("ich", "\033[%p1%d@")) found |= CN_STREAM_COLUMNS;
  if (is_spelled("csr", "\033[%i%p1%d;%p2%dr") && is_spelled("indn", "\033[%p1%dS") && is_spelled("rin", "\033[%p1%dT"))
    found |= CN_STREAM_ROWS;
  if (is_spelled("ech", "\033[%p1%dX") && is_spelled("el", "\033[K")) found |= CN_STREAM_ERASE;
  if (tigetflag("bce") > 0) found |= CN_STREAM_BCE;
  if (is_spelled("hpa", "\033[%i%p1%dG") && is_spelled("vpa", "\033[%i%p1%dd")) found |= CN_STREAM_AXES;
  if (is_spelled("cud1", "\n") && passes_line_feeds()) found |= CN_STREAM_FEED;
  return found;
}
