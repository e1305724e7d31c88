// What a step's sandbox is made of, as the caller writes it on descriptor 4: a total length, then instructions, each a count
// of fields and the fields (a length, the bytes, a zero byte); all numbers are of 32 bits, little-endian. The first field
// names the instruction (setup.c). protocol.ts writes it.
#pragma once
#include "system.h"

enum { setup_descriptor = 4, namespace_descriptor = 5, fields_max = 65536, setup_bytes_max = 64 << 20 };

struct field {
  const char *text;
  uint32_t length;
};

struct instruction {
  uint32_t count;
  const struct field *fields;
};

struct setup {
  uint32_t count;
  const struct instruction *instructions;
};

/** Reads all of it; ends the program where it isn't well-formed. */
struct setup read_setup(void);

/** A field as a string without zero bytes. */
const char *text_of(const struct instruction *instruction, uint32_t index);
unsigned long number_in(const struct instruction *instruction, uint32_t index);

/** The first instruction of that name; its `count` is 0 where there is none. */
struct instruction instruction_named(const struct setup *setup, const char *name);

// ---- the root and what is mounted in it (mounts.c): run by the first process of the sandbox, as its root

/** Makes all mounts, attached nowhere but in a place of their own, while the host's files can be named. */
void prepare_mounts(const struct setup *setup);
/** Leaves the host's files for the new root, and puts the mounts where they belong. */
void enter_root(const struct setup *setup);
/** The sandbox's own /dev/null, and the controlling side of a new terminal where one is asked for: never opened by name inside. */
int open_nothing(void);
int open_controller(void);

// ---- places (places.c)

enum { kind_mask = 0170000, kind_folder = 0040000, kind_link = 0120000, detach = 2 };

/** The folder in which an overlay keeps the step's changes, where they are to be looked at afterwards. */
void keep_changes(int folder);
/** In the root, before anything is mounted in it. */
void enter_places(void);
/** Where `path` leads in the root, links followed; what is missing is made: folders, and a file or folder at its end. */
char *locate(const char *path, int is_folder, unsigned uid, unsigned gid, int is_mount_point);
void remember_mount(char *path);
/** Once all is mounted. */
void settle_places(void);
void protect_root(void);
/** Removes what was made for mounts to lie on, where nothing came into it. */
void clear_mount_points(void);

// ---- the command (process.c)

/** Becomes the command; what the sandbox keeps of the host is gone by then. */
_Noreturn void become_command(const struct setup *setup);

// ---- processes (run.c)

/** Signals as a descriptor to read from; they do nothing else any more. */
int open_signals(void);
/** Reaps what has ended, without waiting; whether `command` did, with its status. */
int reap(long command, int *status);

// ---- output (relay.c)

enum { relay_bytes = 65536 };

/** What goes from one descriptor to another that may not take it at once. */
struct relay {
  int from, to;
  size_t start, end;
  char bytes[relay_bytes];
};

struct pollfd_pair {
  int descriptor;
  short events, returned;
};

enum { poll_in = 1, poll_out = 4, poll_gone = 8 | 16 | 32 };

/** What to wait for; descriptor -1 where the input has ended and all is written. */
struct pollfd_pair relay_interest(const struct relay *relay);
/** Does what can be done without waiting. */
void relay_step(struct relay *relay, short returned);

// ---- a terminal (terminal.c)

/** Has the caller's terminal hand over what is typed as it is; does nothing where descriptor 0 is none. */
void make_terminal_raw(void);
void restore_terminal(void);

/** Readies the controlling side of the sandbox's terminal. */
void prepare_controller(int controller);
/** Makes the other side the terminal of this process, and its standard descriptors. */
void take_terminal(int controller);
/** Carries between it and the caller until the process `command` has ended, and reaps meanwhile; its status. */
int carry_terminal(int controller, long command);
