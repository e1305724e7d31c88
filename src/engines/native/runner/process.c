// The command of a sandbox: limits, capabilities, system calls and ids as they are to be, then exec. What each instruction
// means for a process is in capabilities(7), seccomp(2), landlock(7) and setrlimit(2).
#include "setup.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

enum { join_session_keyring = 1, capabilities_max = 64, scope_abstract_sockets = 1, landlock_version = 1 };

static void write_text(const char *path, const char *text) {
  int file = (int)must(open_at(AT_FDCWD, path, O_WRONLY, 0), "opening", path);
  must(write_whole(file, text, text_length(text)), "writing", path);
  close_descriptor(file);
}

/** limit NUMBER SOFT HARD, all of them */
static void set_limits(const struct setup *setup) {
  for (uint32_t index = 0; index < setup->count; index++) {
    const struct instruction *this = &setup->instructions[index];
    if (!text_equal(text_of(this, 0), "limit")) continue;
    uint64_t limit[] = {number_in(this, 2), number_in(this, 3)};
    must(SYSTEM(prlimit64, 0, number_in(this, 1), limit, NULL), "setting the limit", text_of(this, 4));
  }
}

/**
 * Keeps a sandbox on the host's network from sockets that have names but no files: they know no mount namespace. Linux 6.12
 * can (the sixth version of Landlock's interface); before, such a network shares them, as it does for every other engine.
 */
static void scope_sockets(void) {
  struct {
    uint64_t files, network, scoped;
  } rules = {.scoped = scope_abstract_sockets};
  if (SYSTEM(landlock_create_ruleset, NULL, 0, landlock_version) < 6) return;
  int ruleset = (int)must(SYSTEM(landlock_create_ruleset, &rules, sizeof rules, 0), "scoping", "sockets");
  must(SYSTEM(landlock_restrict_self, ruleset, 0), "scoping", "sockets");
  close_descriptor(ruleset);
}

/** single-id UID GID: an ordinary user without further ids is seen as this one, and so is all that is its own. */
static void become_single(const struct instruction *this) {
  must(SYSTEM(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0), "preparing", "ids");
  must(SYSTEM(unshare, CLONE_NEWUSER), "making a user namespace", "");
  // Where groups are given up already this says no more.
  int file = open_at(AT_FDCWD, "/proc/self/setgroups", O_WRONLY, 0);
  if (file >= 0) write_whole(file, "deny", 4), close_descriptor(file);
  write_text("/proc/self/uid_map", joined(text_of(this, 1), " 0 1", NULL));
  write_text("/proc/self/gid_map", joined(text_of(this, 2), " 0 1", NULL));
}

static void drop_bounding(uint64_t kept) {
  for (int capability = 0; capability < capabilities_max; capability++)
    if ((kept >> capability & 1) == 0 && SYSTEM(prctl, PR_CAPBSET_DROP, capability, 0, 0, 0) == -EINVAL) return;
}

static void set_capabilities(uint64_t kept) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  uint32_t low = (uint32_t)kept, high = (uint32_t)(kept >> 32);
  struct __user_cap_data_struct data[] = {{low, low, 0}, {high, high, 0}};
  must(SYSTEM(capset, &header, data), "setting", "capabilities");
  SYSTEM(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static void load_filter(const struct instruction *this) {
  struct sock_fprog program = {(unsigned short)(this->fields[1].length / sizeof(struct sock_filter)),
                               (struct sock_filter *)(uintptr_t)this->fields[1].text};
  must(SYSTEM(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "loading the filter of system calls", "");
}

/** ids UID GID GROUP... */
static void set_ids(const struct instruction *this, int may_set_groups) {
  unsigned uid = (unsigned)number_in(this, 1), gid = (unsigned)number_in(this, 2), groups[this->count];
  for (uint32_t index = 3; index < this->count; index++) groups[index - 3] = (unsigned)number_in(this, index);
  if (may_set_groups) must(SYSTEM(setgroups, this->count - 3, groups), "setting", "groups");
  must(SYSTEM(setresgid, gid, gid, gid), "becoming the group", text_of(this, 2));
  must(SYSTEM(setresuid, uid, uid, uid), "becoming the user", text_of(this, 1));
}

// ---- the program

static _Noreturn void refuse(int code, const char *program, const char *why) {
  const char *line = joined("distill: ", program, ": ", why, "\n", NULL);
  write_whole(standard_error, line, text_length(line));
  leave(code);
}

static const char *variable(const char *const *environment, const char *start) {
  for (; *environment != NULL; environment++)
    if (text_starts(*environment, start)) return *environment + text_length(start);
  return NULL;
}

/** Starts the program, looked for in PATH where it is a bare name, as execvp(3) does. */
static _Noreturn void start(const char *const *argv, const char *const *environment) {
  const char *name = argv[0], *path = variable(environment, "PATH=");
  long result = -ENOENT;
  for (const char *at = name; *at != '\0'; at++)
    if (*at == '/') path = NULL, result = 0;
  if (path == NULL) {
    if (result == 0) result = SYSTEM(execve, name, argv, environment);
  } else {
    for (char *rest = joined(path, NULL), *end = rest; rest != NULL; rest = end) {
      while (*end != '\0' && *end != ':') end++;
      if (*end != '\0') *end++ = '\0'; else end = NULL;
      long tried = SYSTEM(execve, joined(*rest == '\0' ? "." : rest, "/", name, NULL), argv, environment);
      if (tried != -ENOENT && tried != -ENOTDIR && result != -EACCES) result = tried;
      if (tried != -ENOENT && tried != -ENOTDIR && tried != -EACCES) break;
    }
  }
  if (result == -ENOENT || result == -ENOTDIR)
    refuse(127, name, path == NULL ? "there is no such program, or what it is loaded with is missing" : "not found in PATH");
  if (result == -EACCES) refuse(126, name, "may not be executed");
  if (result == -ENOEXEC) refuse(126, name, "is not in a format that this machine executes");
  refuse(126, name, joined("could not be started, error ", decimal(-result), NULL));
}

static const char *const *strings_of(const struct instruction *this) {
  const char **list = allocate(this->count * sizeof *list);
  for (uint32_t index = 1; index < this->count; index++) list[index - 1] = text_of(this, index);
  return list;
}

void become_command(const struct setup *setup) {
  const struct instruction ids = instruction_named(setup, "ids"), single = instruction_named(setup, "single-id"),
                           capabilities = instruction_named(setup, "capabilities"),
                           filter = instruction_named(setup, "filter"), folder = instruction_named(setup, "working-folder"),
                           environment = instruction_named(setup, "environment"), command = instruction_named(setup, "command");
  const uint64_t kept = number_in(&capabilities, 1), used = number_in(&ids, 1) == 0 ? kept : 0;
  SYSTEM(umask, 022);
  // The session's keys are the caller's.
  SYSTEM(keyctl, join_session_keyring, NULL);
  set_limits(setup);
  if (instruction_named(setup, "scope-sockets").count > 0) scope_sockets();
  must(SYSTEM(chdir, text_of(&folder, 1)), "entering the working directory", text_of(&folder, 1));
  char where[4096];
  if (must(SYSTEM(getcwd, where, sizeof where), "entering the working directory", text_of(&folder, 1)) < 2 || *where != '/')
    fail(0, "entering the working directory: it is outside:", text_of(&folder, 1));
  if (single.count > 0) become_single(&single);
  if (instruction_named(setup, "no-new-privileges").count > 0)
    must(SYSTEM(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "giving up", "privileges");
  drop_bounding(kept);
  load_filter(&filter);
  set_ids(&ids, instruction_named(setup, "set-groups").count > 0);
  set_capabilities(used);
  if (number_in(&ids, 1) != 0) SYSTEM(chdir, text_of(&folder, 1));
  // Descriptors from 3 on close with exec; this is for those that the caller handed over without knowing.
  must(SYSTEM(close_range, 3, ~0U, 4), "closing", "descriptors");
  start(strings_of(&command), strings_of(&environment));
}
