// Mode `pack FOLDER index|contents|paths`: a folder as a record stream on standard output. `index` and `contents` walk all of it,
// parents before children, names in the order of their bytes; `paths` answers the paths that standard input names, each ended
// by a zero byte, with contents, as they come.
//
// Invariant: nothing outside FOLDER is read, since no link is followed. What is there is told as overlayfs means it: a
// character device 0/0 hides a name of lower layers, an "opaque" folder all of its names.
#include "records.h"

enum { output_bytes = 1 << 18, listing_bytes = 1 << 16, links_at_first = 1024 };
enum { type_mask = 0170000, type_folder = 0040000, type_file = 0100000, type_link = 0120000 };
enum { type_pipe = 0010000, type_character = 0020000, type_block = 0060000 };

// ---- output

static char output[output_bytes];
static size_t filled;

static void flush(void) {
  must(write_whole(standard_output, output, filled), "writing records", "");
  filled = 0;
}

static void put(const void *bytes, size_t count) {
  const char *from = bytes;
  while (count > 0) {
    size_t room = output_bytes - filled, part = count < room ? count : room;
    memcpy(output + filled, from, part);
    filled += part;
    from += part;
    count -= part;
    if (filled == output_bytes) flush();
  }
}

/** Straight into the buffer. The record said how many bytes there are, so another number is an error. */
static void put_content(int file, uint64_t size, const char *path) {
  while (size > 0) {
    size_t room = output_bytes - filled;
    long got = SYSTEM(read, file, output + filled, size < room ? size : room);
    if (got == -EINTR) continue;
    must(got, "reading", path);
    if (got == 0) fail(0, "it became shorter while it was read:", path);
    filled += (size_t)got;
    size -= (uint64_t)got;
    if (filled == output_bytes) flush();
  }
}

// ---- files with several names

struct linked {
  uint64_t device, inode;
  const char *path;
};
static struct linked *links;
static size_t links_room, links_count;

static struct linked *slot_of(struct linked *table, size_t room, uint64_t device, uint64_t inode) {
  size_t at = (inode * 0x9e3779b97f4a7c15u + device) % room;
  while (table[at].path != NULL && (table[at].inode != inode || table[at].device != device)) at = (at + 1) % room;
  return &table[at];
}

/** The name under which the file was met before; NULL the first time. */
static const char *first_name(const struct statx *status, const char *path) {
  uint64_t device = (uint64_t)status->stx_dev_major << 32 | status->stx_dev_minor;
  if (links_count * 2 >= links_room) {
    size_t room = links_room == 0 ? links_at_first : links_room * 2;
    struct linked *table = allocate(room * sizeof *table);
    for (size_t at = 0; at < links_room; at++)
      if (links[at].path != NULL) *slot_of(table, room, links[at].device, links[at].inode) = links[at];
    links = table;
    links_room = room;
  }
  struct linked *slot = slot_of(links, links_room, device, status->stx_ino);
  if (slot->path != NULL) return slot->path;
  *slot = (struct linked){device, status->stx_ino, joined(path, NULL)};
  links_count++;
  return NULL;
}

// ---- extended attributes

static char attributes[xattrs_bytes_max];

static uint32_t put_attribute(uint32_t used, int file, const char *name, const char *path) {
  uint32_t length = (uint32_t)text_length(name);
  char *at = attributes + used;
  if (used + 8 + length + xattr_value_bytes_max > sizeof attributes)
    fail(0, "it has too many extended attributes (fileXattrBytesMax):", path);
  long size = SYSTEM(fgetxattr, file, name, at + 8 + length, xattr_value_bytes_max);
  if (size == -ENODATA) return used;
  must(size, "reading an extended attribute of", path);
  uint32_t value = (uint32_t)size;
  memcpy(at, &length, 4);
  memcpy(at + 4, &value, 4);
  memcpy(at + 8, name, length);
  return used + 8 + length + value;
}

static int is_opaque(int folder, const char *name) {
  char value = 0;
  return SYSTEM(fgetxattr, folder, name, &value, 1) == 1 && value == 'y';
}

/** Fills `attributes`, and finds the opaque mark among them. */
static void read_attributes(int file, struct record *record, const char *path) {
  static char names[xattr_list_bytes_max];
  long size = SYSTEM(flistxattr, file, names, sizeof names);
  if (size == -EOPNOTSUPP || size == -ENOSYS) return;
  must(size, "listing the extended attributes of", path);
  for (const char *name = names; name < names + size; name += text_length(name) + 1) {
    if (is_kept_attribute(name)) record->xattrs_length = put_attribute(record->xattrs_length, file, name, path);
    else if (text_equal(name, opaque_mark()) && is_opaque(file, name)) record->flags |= flag_opaque;
  }
}

// ---- one entry

/** The path that is being told, and where its parts end. */
static char path[path_bytes_max + 1];
static size_t path_length;
static int with_contents, with_links;
/** Bytes of all files so far. */
static uint64_t total;

static void put_record(struct record *record, const char *target) {
  record->magic = record_magic;
  record->path_length = (uint32_t)path_length;
  record->target_length = (uint32_t)text_length(target);
  put(record, sizeof *record);
  put(path, path_length);
  put(target, record->target_length);
  put(attributes, record->xattrs_length);
}

static void put_file(int folder, const char *name, struct record *record, const struct statx *status) {
  const char *first = with_links && status->stx_nlink > 1 ? first_name(status, path) : NULL;
  if (first != NULL) {
    record->kind = record_hard_link;
    put_record(record, first);
    return;
  }
  // Without O_NONBLOCK, what became a pipe in between would block.
  int file = (int)must(open_at(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0), "opening", path);
  record->kind = record_file;
  record->size = status->stx_size;
  // A hole takes no room on a disk, but as long to read as what does. Paths that are asked for count each by itself.
  if (!with_links) total = 0;
  if (record->size > layer_bytes_max - total) fail(0, "with it, files are larger than a layer may be (layerBytesMax):", path);
  total += record->size;
  if (with_contents) record->flags |= flag_inline;
  read_attributes(file, record, path);
  put_record(record, "");
  if (with_contents) put_content(file, record->size, path);
  close_descriptor(file);
}

static void put_link(int folder, const char *name, struct record *record) {
  static char target[path_bytes_max + 1];
  long length = must(SYSTEM(readlinkat, folder, name, target, path_bytes_max), "reading the link", path);
  target[length] = '\0';
  record->kind = record_symlink;
  put_record(record, target);
}

static void put_device(struct record *record, const struct statx *status) {
  int is_character = (status->stx_mode & type_mask) == type_character;
  record->kind = is_character ? record_character_device : record_block_device;
  record->major = status->stx_rdev_major;
  record->minor = status->stx_rdev_minor;
  // What a whiteout's own attributes are says nothing.
  if (is_character && record->major == 0 && record->minor == 0) *record = (struct record){.kind = record_whiteout};
  put_record(record, "");
}

/** The entry called `name`, which `path` names in full. Gives a descriptor where it is a folder, else -1. */
static int put_entry(int folder, const char *name) {
  struct statx status;
  int flags = AT_SYMLINK_NOFOLLOW | (*name == '\0' ? AT_EMPTY_PATH : 0);
  must(status_at(folder, name, flags, &status), "looking at", path);
  struct record record = {
      .mode = status.stx_mode & 07777,
      .uid = status.stx_uid,
      .gid = status.stx_gid,
      .mtime = status.stx_mtime.tv_sec,
  };
  switch (status.stx_mode & type_mask) {
    case type_folder: {
      const char *here = *name == '\0' ? "." : name;
      int child = (int)must(open_at(folder, here, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), "opening", path);
      record.kind = record_directory;
      read_attributes(child, &record, path);
      put_record(&record, "");
      return child;
    }
    case type_file:
      put_file(folder, name, &record, &status);
      break;
    case type_link:
      put_link(folder, name, &record);
      break;
    case type_pipe:
      record.kind = record_fifo;
      put_record(&record, "");
      break;
    case type_character:
    case type_block:
      put_device(&record, &status);
      break;
    default:
      // A socket is nobody's content.
      break;
  }
  return -1;
}

// ---- walking

/** The names of a folder on the way down. Its room is used again by the next folder of the same depth. */
struct listing {
  char *names;
  size_t used, names_room;
  const char **order;
  size_t count, order_room;
};

struct directory_entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

static void add_name(struct listing *to, const char *name) {
  size_t size = text_length(name) + 1;
  if (to->used + size > to->names_room) {
    size_t room = (to->names_room + size) * 2;
    char *names = allocate(room);
    memcpy(names, to->names, to->used);
    to->names = names;
    to->names_room = room;
  }
  memcpy(to->names + to->used, name, size);
  to->used += size;
  to->count++;
}

static int is_before(const char *left, const char *right) {
  const unsigned char *a = (const unsigned char *)left, *b = (const unsigned char *)right;
  while (*a != '\0' && *a == *b) a++, b++;
  return *a < *b;
}

static void sift(const char **order, size_t at, size_t count) {
  for (size_t child = 2 * at + 1; child < count; at = child, child = 2 * at + 1) {
    if (child + 1 < count && is_before(order[child], order[child + 1])) child++;
    if (!is_before(order[at], order[child])) return;
    const char *swapped = order[at];
    order[at] = order[child];
    order[child] = swapped;
  }
}

/** A heap's way of sorting: no worst case, no memory. */
static void sort_names(const char **order, size_t count) {
  for (size_t at = count / 2; at-- > 0;) sift(order, at, count);
  for (size_t last = count; last-- > 1;) {
    const char *largest = order[0];
    order[0] = order[last];
    order[last] = largest;
    sift(order, 0, last);
  }
}

static void list_folder(int folder, struct listing *to) {
  static char buffer[listing_bytes] __attribute__((aligned(8)));
  to->used = to->count = 0;
  for (;;) {
    long got = must(SYSTEM(getdents64, folder, buffer, sizeof buffer), "listing", path);
    if (got == 0) break;
    for (long at = 0; at < got;) {
      const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
      if (!text_equal(entry->name, ".") && !text_equal(entry->name, "..")) add_name(to, entry->name);
      at += entry->length;
    }
  }
  if (to->count > to->order_room) {
    to->order_room = to->count * 2;
    to->order = allocate(to->order_room * sizeof *to->order);
  }
  const char *name = to->names;
  for (size_t index = 0; index < to->count; index++, name += text_length(name) + 1) to->order[index] = name;
  sort_names(to->order, to->count);
}

static void walk(int folder, unsigned depth) {
  static struct listing listings[path_components_max + 1];
  struct listing *listing = &listings[depth];
  if (depth == path_components_max) fail(0, "its folders are nested too deep (pathComponentsMax):", path);
  list_folder(folder, listing);
  size_t length_here = path_length;
  for (size_t index = 0; index < listing->count; index++) {
    const char *name = listing->order[index];
    size_t start = length_here == 0 ? 0 : length_here + 1, length = text_length(name);
    if (start + length > path_bytes_max) fail(0, "its path is too long (pathBytesMax):", path);
    if (start > 0) path[length_here] = '/';
    memcpy(path + start, name, length + 1);
    path_length = start + length;
    int child = put_entry(folder, name);
    if (child >= 0) {
      walk(child, depth + 1);
      close_descriptor(child);
    }
    path_length = length_here;
    path[path_length] = '\0';
  }
}

// ---- paths that are asked for

/** The folder that holds the entry of `path`, no link followed; `*name` is set to the last part. */
static int open_parent(int root, const char **name) {
  static char parts[path_bytes_max + 1];
  memcpy(parts, path, path_length + 1);
  int folder = root;
  char *part = parts;
  for (char *at = parts; *at != '\0'; at++) {
    if (*at != '/') continue;
    *at = '\0';
    if (text_equal(part, "..")) fail(0, "it leads out of the folder:", path);
    int child = (int)must(open_at(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0), "opening", path);
    if (folder != root) close_descriptor(folder);
    folder = child;
    part = at + 1;
  }
  if (*part == '\0' || text_equal(part, "..")) fail(0, "it leads out of the folder:", path);
  *name = part;
  return folder;
}

static void answer(int root) {
  const char *name;
  int folder = open_parent(root, &name);
  int child = put_entry(folder, name);
  if (child >= 0) close_descriptor(child);
  if (folder != root) close_descriptor(folder);
}

static void answer_paths(int root) {
  static char input[listing_bytes];
  for (;;) {
    long got = SYSTEM(read, standard_input, input, sizeof input);
    if (got == -EINTR) continue;
    must(got, "reading paths", "");
    if (got == 0) break;
    for (long at = 0; at < got; at++) {
      if (path_length > path_bytes_max) fail(0, "a path is too long (pathBytesMax)", "");
      path[path_length] = input[at];
      if (input[at] != '\0') {
        path_length++;
        continue;
      }
      answer(root);
      path_length = 0;
    }
    // Whoever asks may wait for the answer before it asks again.
    flush();
  }
  if (path_length > 0) fail(0, "the last path has no end", "");
}

int mode_pack(int argc, char **argv) {
  if (argc != 3) fail(0, "packing: a folder and what of it are needed", "");
  int root = (int)must(open_at(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), "opening", argv[1]);
  int asked = text_equal(argv[2], "paths");
  with_contents = asked || text_equal(argv[2], "contents");
  with_links = !asked;
  if (!with_contents && !text_equal(argv[2], "index")) fail(0, "packing: no such choice:", argv[2]);
  if (asked) answer_paths(root);
  else {
    close_descriptor(put_entry(root, ""));
    walk(root, 0);
  }
  path_length = 0;
  struct record end = {.kind = record_end};
  put_record(&end, "");
  flush();
  return 0;
}
