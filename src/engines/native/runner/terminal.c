// A step with a person at it (`--on-error=shell`). The caller's own terminal stays outside: what is written into the input of a
// terminal (ioctl_tty(2), TIOCSTI) runs in the caller's shell. The sandbox has one of its own, and bytes are carried between.
#include "setup.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>

enum { descriptor_flags_set = 4, not_blocking = 04000, end_of_input = 4, signal_information_bytes = 128 };

static struct termios saved;
static int is_saved;

void make_terminal_raw(void) {
  if (SYSTEM(ioctl, standard_input, TCGETS, &saved) < 0) return;
  is_saved = 1;
  struct termios raw = saved;
  // As termios(3) describes for cfmakeraw: the terminal inside does it all.
  raw.c_iflag &= ~(unsigned)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  raw.c_oflag &= ~(unsigned)OPOST;
  raw.c_lflag &= ~(unsigned)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  SYSTEM(ioctl, standard_input, TCSETS, &raw);
}

void restore_terminal(void) {
  if (is_saved) SYSTEM(ioctl, standard_input, TCSETS, &saved);
}

static void copy_size(int controller) {
  struct winsize {
    unsigned short rows, columns, x, y;
  } size;
  if (SYSTEM(ioctl, standard_input, TIOCGWINSZ, &size) >= 0) SYSTEM(ioctl, controller, TIOCSWINSZ, &size);
}

void prepare_controller(int controller) {
  int locked = 0;
  must(SYSTEM(ioctl, controller, TIOCSPTLCK, &locked), "opening", "a terminal");
  copy_size(controller);
}

void take_terminal(int controller) {
  int terminal = (int)must(SYSTEM(ioctl, controller, TIOCGPTPEER, O_RDWR | O_NOCTTY), "opening", "a terminal");
  must(SYSTEM(ioctl, terminal, TIOCSCTTY, 0), "taking", "a terminal");
  for (int descriptor = standard_input; descriptor <= standard_error; descriptor++)
    must(SYSTEM(dup3, terminal, descriptor, 0), "opening", "a terminal");
  close_descriptor(terminal);
}

int carry_terminal(int controller, long command) {
  static struct relay typed, shown;
  typed = (struct relay){.from = standard_input, .to = controller};
  shown = (struct relay){.from = controller, .to = standard_output};
  must(SYSTEM(fcntl, controller, descriptor_flags_set, not_blocking), "opening", "a terminal");
  int signals = open_signals(), status, has_ended = 0;
  while (!has_ended) {
    struct pollfd_pair list[] = {relay_interest(&typed), relay_interest(&shown), {signals, poll_in, 0}};
    SYSTEM(ppoll, list, 3, NULL, NULL, 0);
    int was_open = typed.from >= 0;
    relay_step(&typed, list[0].returned);
    relay_step(&shown, list[1].returned);
    if (was_open && typed.from < 0) write_whole(controller, &(char){end_of_input}, 1);
    if (list[2].returned == 0) continue;
    char information[signal_information_bytes];
    while (SYSTEM(read, signals, information, sizeof information) > 0) copy_size(controller);
    has_ended = reap(command, &status);
  }
  // What it said last; the terminal's other side is closed when nobody inside has it open.
  for (long waited = 0; shown.from >= 0 && waited < 1;) {
    struct pollfd_pair interest = relay_interest(&shown);
    struct __kernel_timespec none = {0, 0};
    if (SYSTEM(ppoll, &interest, 1, &none, NULL, 0) <= 0) waited++;
    relay_step(&shown, interest.returned);
  }
  close_descriptor(signals);
  return status;
}
