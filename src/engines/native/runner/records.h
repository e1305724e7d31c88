// The record stream that pack.c writes and unpack.c reads; snapshots/records.ts tells what it means.
#pragma once
#include "system.h"

enum record_kind {
  record_directory = 1,
  record_file,
  record_symlink,
  record_hard_link,
  record_fifo,
  record_character_device,
  record_block_device,
  record_whiteout,
  record_end,
};
enum record_flag { flag_opaque = 1, flag_inline = 2, flag_stored = 4, flag_digest = 8 };
enum { record_magic = 0x31535244, record_bytes = 96 };

/** As limits.ts has them. */
enum { path_bytes_max = 4096, path_components_max = 256, xattrs_bytes_max = 4 << 20 };
/** A name of an attribute and its value, as long as the kernel lets them be (linux/limits.h); all names of a file. */
enum { xattr_name_bytes_max = 255, xattr_value_bytes_max = 65536, xattr_list_bytes_max = 65536 };

// Both architectures are little-endian and lay this out without gaps.
struct record {
  uint32_t magic;
  uint8_t kind, flags;
  uint16_t mode;
  uint32_t uid, gid;
  int64_t mtime;
  uint64_t size, offset;
  uint32_t major, minor;
  uint32_t path_length, target_length, xattrs_length;
  uint32_t source;
  uint8_t digest[32];
};
_Static_assert(sizeof(struct record) == record_bytes, "a record's header has its length");

/** As limits.ts has it: of one file, and of all in a folder. */
static const uint64_t layer_bytes_max = 68719476736;

/** The mark that overlays heed: root's the trusted one, an ordinary user's (userxattr) the other, which any step can set. */
static inline const char *opaque_mark(void) {
  return has_joined_namespace ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

/**
 * Whether an attribute is part of what a file is. Overlayfs's own marks are not; nor are labels of the host's security
 * modules, which every file of such a host has.
 */
static inline int is_kept_attribute(const char *name) {
  if (text_starts(name, "trusted.overlay.") || text_starts(name, "user.overlay.")) return 0;
  return !text_starts(name, "security.") || text_equal(name, "security.capability");
}
