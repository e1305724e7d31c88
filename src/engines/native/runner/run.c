// Mode `run`: one command in a sandbox. Three processes: the launcher stays outside, carries output and ends the sandbox when
// it is told to; the first process inside makes the root, reaps, and tells how the command ended; the command.
//
// Descriptors: 0 the terminal or nothing, 1 and 2 for output, 3 for what the caller has to know ("error ...", "exit 1",
// "signal 9"), 4 the setup, 5 the user namespace to join, where there is one.
#include "setup.h"

#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sockios.h>

enum { signal_hangup = 1, signal_interrupt = 2, signal_kill = 9, signal_pipe = 13, signal_terminate = 15, signal_child = 17, signal_window = 28 };
enum { wait_no_hang = 1, block_signals = 0, unblock_signals = 1, descriptor_flags_set = 4, not_blocking = 04000 };

static uint64_t signal_bit(int number) { return (uint64_t)1 << (number - 1); }

int open_signals(void) {
  uint64_t set = signal_bit(signal_child) | signal_bit(signal_terminate) | signal_bit(signal_interrupt) |
                 signal_bit(signal_hangup) | signal_bit(signal_pipe) | signal_bit(signal_window);
  must(SYSTEM(rt_sigprocmask, block_signals, &set, NULL, sizeof set), "blocking", "signals");
  return (int)must(SYSTEM(signalfd4, -1, &set, sizeof set, O_CLOEXEC | O_NONBLOCK), "watching", "signals");
}

static void unblock_all_signals(void) {
  uint64_t all = ~(uint64_t)0;
  SYSTEM(rt_sigprocmask, unblock_signals, &all, NULL, sizeof all);
}

static long clone_process(unsigned long flags) { return SYSTEM(clone, flags | signal_child, 0, 0, 0, 0); }

static void write_file(const char *path, const char *text) {
  int file = (int)must(open_at(AT_FDCWD, path, O_WRONLY, 0), "opening", path);
  must(write_whole(file, text, text_length(text)), "writing", path);
  close_descriptor(file);
}

// ---- the first process inside

/** netdevice(7); the kernel's own header of it needs a C library's. */
struct interface_request {
  char name[16];
  short flags;
  char rest[22];
};

static void bring_loopback_up(void) {
  enum { internet = 2, datagrams = 2, interface_up = 1 };
  int socket = (int)must(SYSTEM(socket, internet, datagrams | O_CLOEXEC, 0), "making", "a socket");
  struct interface_request request = {.name = "lo", .flags = interface_up};
  must(SYSTEM(ioctl, socket, SIOCSIFFLAGS, &request), "bringing up", "the loopback interface");
  close_descriptor(socket);
}

/** stdin BYTES: the command reads them from a file in memory; without, it has nothing to read. */
static void give_input(const struct setup *setup) {
  const struct instruction input = instruction_named(setup, "stdin");
  int file = (int)(input.count == 0 ? open_nothing() : must(SYSTEM(memfd_create, "stdin", 1), "making", "the standard input"));
  if (input.count > 0) {
    must(write_whole(file, input.fields[1].text, input.fields[1].length), "writing", "the standard input");
    must(SYSTEM(lseek, file, 0, 0), "writing", "the standard input");
    const struct instruction ids = instruction_named(setup, "ids");
    if (instruction_named(setup, "single-id").count == 0) SYSTEM(fchown, file, number_in(&ids, 1), number_in(&ids, 2));
  }
  must(SYSTEM(dup3, file, standard_input, 0), "opening", "the standard input");
  close_descriptor(file);
}

/** The command may open its output by name, whoever it is. */
static void give_output(const struct setup *setup) {
  const struct instruction ids = instruction_named(setup, "ids");
  unsigned uid = (unsigned)number_in(&ids, 1), gid = (unsigned)number_in(&ids, 2);
  if (instruction_named(setup, "single-id").count > 0) uid = gid = 0;
  for (int descriptor = standard_output; descriptor <= standard_error; descriptor++)
    SYSTEM(fchown, descriptor, uid, gid);
}

static void tell_end(int status) {
  int signal = status & 0x7f;
  const char *line = signal == 0 ? joined("exit ", decimal(status >> 8 & 0xff), "\n", NULL)
                                 : joined("signal ", decimal(signal), "\n", NULL);
  write_whole(status_descriptor, line, text_length(line));
}

static int reap_with(long command, int *status, int flags) {
  for (;;) {
    int ended;
    long pid = SYSTEM(wait4, -1, &ended, flags, NULL);
    if (pid == command) return *status = ended, 1;
    if (pid == 0) return 0;
    if (pid < 0 && pid != -EINTR) fail(pid, "waiting for", "the command");
  }
}

int reap(long command, int *status) { return reap_with(command, status, wait_no_hang); }

/** Reaps whatever ends in the sandbox until the command does; its status. */
static int wait_for(long command) {
  int status;
  reap_with(command, &status, 0);
  return status;
}

static void end_all_others(void) {
  SYSTEM(kill, -1, signal_kill);
  for (long pid = 0; pid != -ECHILD;) pid = SYSTEM(wait4, -1, NULL, 0, NULL);
}

/** Where the program lies on the host is nothing that those inside, who see this process as number 1, have to know. */
static void hide_arguments(void) {
  const char *name = "distill";
  memset(arguments_start, 0, arguments_length);
  memcpy(arguments_start, name, text_length(name));
  SYSTEM(prctl, PR_SET_NAME, name, 0, 0, 0);
}

static _Noreturn void be_first(const struct setup *setup, int gate) {
  char go;
  SYSTEM(prctl, PR_SET_PDEATHSIG, signal_kill, 0, 0, 0);
  // Where the launcher ended before that, nobody opens the gate.
  if (read_whole(gate, &go, 1) != 1) leave(1);
  close_descriptor(gate);
  SYSTEM(umask, 0);
  const struct instruction host = instruction_named(setup, "hostname");
  must(SYSTEM(sethostname, text_of(&host, 1), host.fields[1].length), "setting", "the host name");
  if (instruction_named(setup, "loopback").count > 0) bring_loopback_up();
  prepare_mounts(setup);
  enter_root(setup);
  int controller = instruction_named(setup, "terminal").count > 0 ? open_controller() : -1;
  if (controller < 0) give_input(setup);
  else prepare_controller(controller);
  give_output(setup);
  // What this process is made of, and its descriptors, are not for those inside: /proc/1 stays closed.
  must(SYSTEM(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0), "closing", "/proc/1");
  long command = must(clone_process(0), "starting", "the command");
  if (command == 0) {
    unblock_all_signals();
    SYSTEM(setsid);
    if (controller >= 0) take_terminal(controller);
    become_command(setup);
  }
  int status = controller < 0 ? wait_for(command) : carry_terminal(controller, command);
  end_all_others();
  clear_mount_points();
  tell_end(status);
  leave(0);
}

// ---- the launcher

/** namespaces FLAGS UIDS GIDS: where there are UIDS, a user namespace of the step's own with these maps. */
static void map_ids(long first, const struct instruction *namespaces) {
  const char *folder = joined("/proc/", decimal(first), NULL);
  write_file(joined(folder, "/uid_map", NULL), text_of(namespaces, 2));
  write_file(joined(folder, "/gid_map", NULL), text_of(namespaces, 3));
}

/** What was said before the end, however slowly it is taken: a caller that wants no more ends the launcher. */
static void drain(struct relay *relays) {
  for (int index = 0; index < 2; index++)
    while (relays[index].from >= 0) {
      struct pollfd_pair interest = relay_interest(&relays[index]);
      SYSTEM(ppoll, &interest, 1, NULL, NULL, 0);
      relay_step(&relays[index], interest.returned);
    }
}

/** Until the first process of the sandbox has ended, and with it all others. */
static void attend(long first, int signals, struct relay *relays) {
  const uint64_t endings = (uint64_t)1 << signal_terminate | (uint64_t)1 << signal_interrupt | (uint64_t)1 << signal_hangup;
  for (;;) {
    struct pollfd_pair list[] = {relay_interest(&relays[0]), relay_interest(&relays[1]), {signals, poll_in, 0}};
    long ready = SYSTEM(ppoll, list, 3, NULL, NULL, 0);
    if (ready < 0 && ready != -EINTR) fail(ready, "waiting for", "the sandbox");
    for (int index = 0; index < 2; index++) relay_step(&relays[index], list[index].returned);
    if (list[2].returned == 0) continue;
    uint32_t information[32];
    while (SYSTEM(read, signals, information, sizeof information) == sizeof information)
      if ((endings >> information[0] & 1) != 0) SYSTEM(kill, first, signal_kill);
    if (SYSTEM(wait4, first, NULL, wait_no_hang, NULL) == first) return;
  }
}

/** A pipe from the sandbox to one of the launcher's descriptors; the end for the sandbox. */
static int open_relay(struct relay *relay, int to) {
  int ends[2];
  must(SYSTEM(pipe2, ends, O_CLOEXEC), "making", "a pipe");
  must(SYSTEM(fcntl, to, descriptor_flags_set, not_blocking), "opening", "the output");
  *relay = (struct relay){.from = ends[0], .to = to};
  must(SYSTEM(fcntl, ends[0], descriptor_flags_set, not_blocking), "making", "a pipe");
  return ends[1];
}

int mode_run(int argc, char **argv) {
  static struct relay relays[2];
  (void)argc, (void)argv;
  SYSTEM(prctl, PR_SET_PDEATHSIG, signal_kill, 0, 0, 0);
  const struct setup setup = read_setup();
  const struct instruction namespaces = instruction_named(&setup, "namespaces");
  must(SYSTEM(close_range, setup_descriptor, ~0U, 0), "closing", "descriptors");
  int gate[2], signals = open_signals();
  must(SYSTEM(pipe2, gate, O_CLOEXEC), "making", "a pipe");
  int output = open_relay(&relays[0], standard_output), errors = open_relay(&relays[1], standard_error);
  must(SYSTEM(fcntl, status_descriptor, 2, 1), "closing", "descriptors");
  long first = clone_process(number_in(&namespaces, 1));
  must(first, "making namespaces", "");
  if (first == 0) {
    close_descriptor(gate[1]);
    must(SYSTEM(dup3, output, standard_output, 0), "opening", "the output");
    must(SYSTEM(dup3, errors, standard_error, 0), "opening", "the output");
    SYSTEM(close_range, signals, signals, 0);
    close_descriptor(output);
    close_descriptor(errors);
    close_descriptor(relays[0].from);
    close_descriptor(relays[1].from);
    hide_arguments();
    be_first(&setup, gate[0]);
  }
  close_descriptor(gate[0]);
  close_descriptor(output);
  close_descriptor(errors);
  if (*text_of(&namespaces, 2) != '\0') map_ids(first, &namespaces);
  if (instruction_named(&setup, "terminal").count > 0) make_terminal_raw();
  must(write_whole(gate[1], "g", 1), "starting", "the sandbox");
  attend(first, signals, relays);
  drain(relays);
  restore_terminal();
  return 0;
}
