// What the runner has in place of a C library: system calls for amd64 and arm64, memory that is only ever taken, a few
// functions on strings, and errors in a form that the caller reads (descriptor 3).
//
// Invariants: every call goes straight to the kernel and gives -errno; nothing here reads the environment, a locale or a file.
#pragma once
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum { standard_input = 0, standard_output = 1, standard_error = 2, status_descriptor = 3 };
enum { memory_chunk_bytes = 1 << 20, message_bytes_max = 1024 };

// ---- system calls

#if defined(__x86_64__)
static inline long system6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long system6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}
#else
#error "amd64 and arm64 only"
#endif

#define SYSTEM_PICK(_0, _1, _2, _3, _4, _5, _6, name, ...) name
#define SYSTEM0(n) system6(n, 0, 0, 0, 0, 0, 0)
#define SYSTEM1(n, a) system6(n, (long)(a), 0, 0, 0, 0, 0)
#define SYSTEM2(n, a, b) system6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYSTEM3(n, a, b, c) system6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYSTEM4(n, a, b, c, d) system6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYSTEM5(n, a, b, c, d, e) system6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYSTEM6(n, a, b, c, d, e, f) system6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/** `SYSTEM(openat, AT_FDCWD, path, flags, 0)`: the call's own name, up to six arguments; -errno where it fails. */
#define SYSTEM(name, ...) \
  SYSTEM_PICK(_, ##__VA_ARGS__, SYSTEM6, SYSTEM5, SYSTEM4, SYSTEM3, SYSTEM2, SYSTEM1, SYSTEM0)(__NR_##name, ##__VA_ARGS__)

static inline int open_at(int folder, const char *path, int flags, unsigned mode) {
  return (int)SYSTEM(openat, folder, path, flags | O_CLOEXEC, mode);
}
static inline int close_descriptor(int descriptor) { return (int)SYSTEM(close, descriptor); }
static inline int make_folder_at(int folder, const char *path, unsigned mode) {
  return (int)SYSTEM(mkdirat, folder, path, mode);
}
static inline int status_at(int folder, const char *path, int flags, struct statx *result) {
  return (int)SYSTEM(statx, folder, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, result);
}
static inline _Noreturn void leave(int code) {
  for (;;) SYSTEM(exit_group, code);
}

// ---- strings and memory; the compiler calls the first four by these names

// One definition for all files of the program.
#define SHARED __attribute__((weak, used))

SHARED void *memcpy(void *restrict target, const void *restrict source, size_t count) {
  char *to = target;
  const char *from = source;
#if defined(__x86_64__)
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
#else
  while (count-- > 0) *to++ = *from++;
#endif
  return target;
}
SHARED void *memmove(void *target, const void *source, size_t count) {
  char *to = target;
  const char *from = source;
  if (to <= from) {
    while (count-- > 0) *to++ = *from++;
  } else {
    while (count-- > 0) to[count] = from[count];
  }
  return target;
}
SHARED void *memset(void *target, int value, size_t count) {
  char *to = target;
  while (count-- > 0) {
    *to++ = (char)value;
    // Keeps the compiler from making a call of memset out of this loop.
    __asm__ volatile("" : : : "memory");
  }
  return target;
}
SHARED int memcmp(const void *left, const void *right, size_t count) {
  const unsigned char *a = left, *b = right;
  for (; count > 0; count--, a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

static inline size_t text_length(const char *text) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}
static inline int text_equal(const char *left, const char *right) {
  while (*left != '\0' && *left == *right) left++, right++;
  return *left == *right;
}
static inline int text_starts(const char *text, const char *start) {
  while (*start != '\0')
    if (*text++ != *start++) return 0;
  return 1;
}

/** Zeroed memory; it is never given back, the program is short. Ends the program where there is none. */
void *allocate(size_t size);

/** A new string of all parts, which end with NULL. */
char *joined(const char *first, ...);

/** Decimal; the text is of the last few calls only. */
const char *decimal(long value);

/** Ends the program where the text is no number of digits alone that fits. */
unsigned long number_of(const char *text);

// ---- errors

/**
 * Tells on descriptor 3 what could not be done, as a line "error <errno> <what> <detail>", and ends the program with 125.
 * `code` is what a call gave (-errno), or 0 where the system said nothing. Line ends in `detail` become "?".
 */
_Noreturn void fail(long code, const char *what, const char *detail);

/** `result` where it is no error. */
static inline long must(long result, const char *what, const char *detail) {
  if (result < 0) fail(result, what, detail);
  return result;
}

/** All of it, however the system splits it. */
long write_whole(int descriptor, const void *bytes, size_t count);

/** Until `count` bytes are read or the input ends; the number read, or -errno. */
long read_whole(int descriptor, void *bytes, size_t count);

/** The program's own arguments, as they lie in memory one after the other: what /proc shows of it. */
extern char *arguments_start;
extern size_t arguments_length;

/** Whether this is in the user namespace of an ordinary user's ids (`enter`); else the caller is root, whose ids are the system's. */
extern int has_joined_namespace;

// ---- modes: what the program does is its first argument (main.c)

__attribute__((weak)) int mode_run(int argc, char **argv);
__attribute__((weak)) int mode_pack(int argc, char **argv);
__attribute__((weak)) int mode_unpack(int argc, char **argv);
__attribute__((weak)) int mode_remove(int argc, char **argv);
__attribute__((weak)) int mode_move(int argc, char **argv);
