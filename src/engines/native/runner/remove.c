// Modes `remove PATH...` and `move FROM TO`: trees whose owners are a build step's, which the caller may not touch itself.
// Invariant: no link is followed, and descriptors don't grow with the depth of a tree: folders that are too deep are
// moved up first.
#include "system.h"

enum { depth_max = 64, listing_bytes = 1 << 16 };
enum { at_removedir = 0x200, rename_noreplace = 1 };

struct directory_entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

/** The top of the tree at hand, and how many folders were moved up to it. */
static int top;
static long moved;

static void empty_folder(int folder, unsigned depth, const char *path);

static void remove_folder(int parent, const char *name, unsigned depth, const char *path) {
  if (depth == depth_max) {
    // It is met again there, since the top is listed until nothing is left.
    long code = -EEXIST;
    while (code == -EEXIST) {
      char *up = joined("distill-deep-", decimal(moved++), NULL);
      code = SYSTEM(renameat2, parent, name, top, up, rename_noreplace);
    }
    must(code, "moving up a folder of", path);
    return;
  }
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  int folder = (int)must(open_at(parent, name, flags, 0), "opening a folder of", path);
  empty_folder(folder, depth + 1, path);
  close_descriptor(folder);
  must(SYSTEM(unlinkat, parent, name, at_removedir), "removing a folder of", path);
}

static void remove_entry(int folder, const char *name, unsigned depth, const char *path) {
  long code = SYSTEM(unlinkat, folder, name, 0);
  // POSIX has EPERM for a folder.
  if (code == -EISDIR || code == -EPERM) remove_folder(folder, name, depth, path);
  else if (code != -ENOENT) must(code, "removing a file of", path);
}

/** Lists it again and again, since what is removed meanwhile may hide the rest of a listing. */
static void empty_folder(int folder, unsigned depth, const char *path) {
  static char *buffers[depth_max + 1];
  if (buffers[depth] == NULL) buffers[depth] = allocate(listing_bytes);
  char *buffer = buffers[depth];
  for (int found = 1; found;) {
    found = 0;
    must(SYSTEM(lseek, folder, 0, 0), "listing a folder of", path);
    for (;;) {
      long got = must(SYSTEM(getdents64, folder, buffer, listing_bytes), "listing a folder of", path);
      if (got == 0) break;
      for (long at = 0; at < got;) {
        const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
        at += entry->length;
        if (text_equal(entry->name, ".") || text_equal(entry->name, "..")) continue;
        found = 1;
        remove_entry(folder, entry->name, depth, path);
      }
    }
  }
}

static void remove_tree(const char *path) {
  long code = SYSTEM(unlinkat, AT_FDCWD, path, 0);
  if (code == 0 || code == -ENOENT) return;
  if (code != -EISDIR && code != -EPERM) fail(code, "removing", path);
  top = (int)must(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), "opening", path);
  empty_folder(top, 0, path);
  close_descriptor(top);
  must(SYSTEM(unlinkat, AT_FDCWD, path, at_removedir), "removing", path);
}

int mode_remove(int argc, char **argv) {
  for (int index = 1; index < argc; index++) remove_tree(argv[index]);
  return 0;
}

int mode_move(int argc, char **argv) {
  if (argc != 3) fail(0, "moving: two paths are needed", "");
  must(SYSTEM(renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], rename_noreplace), "moving", argv[1]);
  return 0;
}
