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
/** Removes what was made for mounts to lie on, where nothing came into it. */
void clear_mount_points(void);

/** Where `path` leads in the root, links followed; what is missing is made: folders, and a file or folder at its end. */
char *locate(const char *path, int is_folder, unsigned uid, unsigned gid, int is_mount_point);

// ---- the command (process.c)

/** Becomes the command; what the sandbox keeps of the host is gone by then. */
_Noreturn void become_command(const struct setup *setup);

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

/** Lets the command have a terminal of its own in the sandbox, and carries between it and the caller's. */
int open_terminal(void);
void carry_terminal(int controller, int signals, void (*on_signal)(void));
