// The runner: a static program of a few kilobytes that does what Node.js has no system calls for, in the namespaces of a
// build step. `enter MODE ...` first joins the user namespace of descriptor 5 and becomes root there.
#include "system.h"

#include <linux/prctl.h>
#include <linux/sched.h>

// ---- shared by all modes

void *allocate(size_t size) {
  static char *next;
  static size_t left;
  size = (size + 15) & ~(size_t)15;
  if (size > left) {
    size_t chunk = size > memory_chunk_bytes ? size : (size_t)memory_chunk_bytes;
    // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
    long address = SYSTEM(mmap, 0, chunk, 3, 0x22, -1, 0);
    if (address < 0 && address > -4096) fail(address, "taking memory", "");
    next = (char *)address;
    left = chunk;
  }
  char *result = next;
  next += size;
  left -= size;
  return result;
}

char *joined(const char *first, ...) {
  va_list parts;
  size_t length = 0;
  va_start(parts, first);
  for (const char *part = first; part != NULL; part = va_arg(parts, const char *)) length += text_length(part);
  va_end(parts);
  char *result = allocate(length + 1), *end = result;
  va_start(parts, first);
  for (const char *part = first; part != NULL; part = va_arg(parts, const char *)) {
    size_t count = text_length(part);
    memcpy(end, part, count);
    end += count;
  }
  va_end(parts);
  *end = '\0';
  return result;
}

const char *decimal(long value) {
  static char texts[8][24];
  static unsigned turn;
  char *end = texts[turn++ % 8] + 23;
  unsigned long rest = value < 0 ? -(unsigned long)value : (unsigned long)value;
  *end = '\0';
  do *--end = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (value < 0) *--end = '-';
  return end;
}

unsigned long number_of(const char *text) {
  unsigned long value = 0;
  if (*text == '\0') fail(0, "reading a number", text);
  for (const char *at = text; *at != '\0'; at++) {
    if (*at < '0' || *at > '9') fail(0, "reading a number", text);
    if (__builtin_mul_overflow(value, 10UL, &value)) fail(0, "reading a number", text);
    if (__builtin_add_overflow(value, (unsigned long)(*at - '0'), &value)) fail(0, "reading a number", text);
  }
  return value;
}

void fail(long code, const char *what, const char *detail) {
  char line[message_bytes_max];
  const char *parts[] = {"error ", decimal(code < 0 ? -code : code), " ", what, " ", detail};
  size_t length = 0;
  for (size_t part = 0; part < sizeof parts / sizeof *parts; part++)
    for (const char *at = parts[part]; *at != '\0' && length < sizeof line - 1; at++)
      line[length++] = (unsigned char)*at < ' ' ? '?' : *at;
  line[length++] = '\n';
  write_whole(status_descriptor, line, length);
  leave(125);
}

long write_whole(int descriptor, const void *bytes, size_t count) {
  const char *at = bytes;
  while (count > 0) {
    long written = SYSTEM(write, descriptor, at, count);
    if (written == -EINTR) continue;
    if (written < 0) return written;
    at += written;
    count -= (size_t)written;
  }
  return 0;
}

long read_whole(int descriptor, void *bytes, size_t count) {
  size_t had = 0;
  while (had < count) {
    long got = SYSTEM(read, descriptor, (char *)bytes + had, count - had);
    if (got == -EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    had += (size_t)got;
  }
  return (long)had;
}

// ---- namespaces of users

enum { namespace_descriptor = 5 };

/** `namespace`: makes a user namespace, says so, and keeps it until the caller has mapped its ids and opened it. */
static int mode_namespace(int argc, char **argv) {
  (void)argc, (void)argv;
  char end;
  must(SYSTEM(unshare, CLONE_NEWUSER), "making a user namespace", "");
  must(SYSTEM(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0), "making a user namespace", "");
  must(write_whole(status_descriptor, "ready\n", 6), "telling", "the caller");
  read_whole(standard_input, &end, 1);
  return 0;
}

static int dispatch(int argc, char **argv);

int has_joined_namespace;

/** `enter MODE ...` */
static int mode_enter(int argc, char **argv) {
  must(SYSTEM(setns, namespace_descriptor, CLONE_NEWUSER), "joining the user namespace", "");
  close_descriptor(namespace_descriptor);
  has_joined_namespace = 1;
  // Refused where an ordinary user has one id alone: it keeps its groups, which count for nothing in the namespace.
  SYSTEM(setgroups, 0, NULL);
  must(SYSTEM(setresgid, 0, 0, 0), "becoming root in the user namespace", "");
  must(SYSTEM(setresuid, 0, 0, 0), "becoming root in the user namespace", "");
  // Files of this process in /proc belong to it, so that it can map the ids of its children.
  must(SYSTEM(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0), "becoming root in the user namespace", "");
  return dispatch(argc, argv);
}

// ---- start

static const struct {
  const char *name;
  int (*go)(int argc, char **argv);
} modes[] = {
    {"run", mode_run},       {"pack", mode_pack},   {"unpack", mode_unpack},
    {"remove", mode_remove}, {"move", mode_move}, {"enter", mode_enter}, {"namespace", mode_namespace},
};

/** The mode that the second argument names, which is its first. */
static int dispatch(int argc, char **argv) {
  if (argc < 2) fail(0, "starting", "no mode was named");
  for (size_t index = 0; index < sizeof modes / sizeof *modes; index++)
    if (text_equal(argv[1], modes[index].name) && modes[index].go != NULL) return modes[index].go(argc - 1, argv + 1);
  fail(0, "starting: no such mode:", argv[1]);
}

char *arguments_start;
size_t arguments_length;

/** Arguments as the kernel lays them: a count, then the strings. */
__attribute__((used)) static void start(long *stack) {
  int argc = (int)stack[0];
  char **argv = (char **)(stack + 1), *last = argv[argc - 1];
  arguments_start = argv[0];
  arguments_length = (size_t)(last + text_length(last) - argv[0]);
  leave(dispatch(argc, argv));
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n  hlt\n");
#else
__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  bl start\n  brk #1\n");
#endif
