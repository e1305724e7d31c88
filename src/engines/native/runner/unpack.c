// Mode `unpack FOLDER [FILE...]`: what the record stream on standard input tells, made in FOLDER. Contents are in the stream, or
// in a FILE that its `source` numbers from 0. Folders come before what they hold.
//
// Invariant: nothing outside FOLDER is made or changed, since no link is followed. What this process may not do (devices in a
// user namespace, owners that it has no ids for) is left out and noted on standard output: "note <kind> <count> <first path>".
#include "records.h"

enum { input_bytes = 1 << 20, window_bytes = 1 << 20, windowed_bytes_max = 1 << 18 };
enum { type_pipe = 0010000, type_character = 0020000, type_block = 0060000 };
enum { at_empty_path = 0x1000 };

// ---- input

static char input[input_bytes];
static size_t input_at, input_end;

/** The next `count` bytes, which hold until the next call; whole records with their strings fit. */
static const char *take(size_t count) {
  if (input_end - input_at < count) {
    memmove(input, input + input_at, input_end - input_at);
    input_end -= input_at;
    input_at = 0;
    while (input_end < count) {
      long got = SYSTEM(read, standard_input, input + input_end, sizeof input - input_end);
      if (got == -EINTR) continue;
      must(got, "reading records", "");
      if (got == 0) fail(0, "the records end early", "");
      input_end += (size_t)got;
    }
  }
  const char *bytes = input + input_at;
  input_at += count;
  return bytes;
}

// ---- notes

enum note { note_owner, note_device, note_attribute, notes_count };
static struct {
  const char *kind;
  unsigned long count;
  char *first;
} notes[notes_count] = {{"owner", 0, NULL}, {"device", 0, NULL}, {"attribute", 0, NULL}};

static void take_note(enum note kind, const char *path) {
  if (notes[kind].count++ == 0) notes[kind].first = joined(path, NULL);
}

static void tell_notes(void) {
  for (size_t kind = 0; kind < notes_count; kind++) {
    if (notes[kind].count == 0) continue;
    for (char *at = notes[kind].first; *at != '\0'; at++)
      if ((unsigned char)*at < ' ') *at = '?';
    char *line =
        joined("note ", notes[kind].kind, " ", decimal((long)notes[kind].count), " ", notes[kind].first, "\n", NULL);
    must(write_whole(standard_output, line, text_length(line)), "telling notes", "");
  }
}

// ---- the folder that is being filled

/** The entry at hand. */
static struct record entry;
static char path[path_bytes_max + 1], target[path_bytes_max + 1];
static char attributes[xattrs_bytes_max];

/** The open folders from the top to the one at hand; `open_path` holds their names, of which `end` tells the last byte. */
static struct {
  int folder;
  size_t end;
  int64_t mtime;
} levels[path_components_max + 1];
static size_t depth;
static char open_path[path_bytes_max + 1];

static void set_time(int folder, const char *name, int64_t mtime, int flags) {
  struct __kernel_timespec times[2] = {{mtime, 0}, {mtime, 0}};
  must(SYSTEM(utimensat, folder, name, times, flags), "dating", path);
}

/** Leaves the folder at hand; what was made in it changed its time. */
static void ascend(void) {
  set_time(levels[depth].folder, NULL, levels[depth].mtime, 0);
  close_descriptor(levels[depth].folder);
  depth--;
}

static void descend(const char *name, size_t length) {
  if (depth == path_components_max) fail(0, "its folders are nested too deep (pathComponentsMax):", path);
  size_t end = levels[depth].end;
  if (end > 0) open_path[end++] = '/';
  memcpy(open_path + end, name, length);
  open_path[end + length] = '\0';
  const char *part = open_path + end;
  if (length == 0 || text_equal(part, ".") || text_equal(part, "..")) fail(0, "its path is none:", path);
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  int folder = (int)must(open_at(levels[depth].folder, part, flags, 0), "opening the folder of", path);
  struct statx status;
  must(status_at(folder, "", at_empty_path, &status), "looking at the folder of", path);
  depth++;
  levels[depth].folder = folder;
  levels[depth].end = end + length;
  levels[depth].mtime = status.stx_mtime.tv_sec;
}

/** Makes the folder of `path` the one at hand. Gives the last part, the entry's name. */
static const char *enter_parent(void) {
  size_t parent = 0, length = entry.path_length;
  for (size_t at = 0; at < length; at++)
    if (path[at] == '/') parent = at;
  for (; depth > 0; ascend()) {
    size_t end = levels[depth].end;
    if (end <= parent && memcmp(open_path, path, end) == 0 && (end == parent || path[end] == '/')) break;
  }
  while (levels[depth].end < parent) {
    size_t start = levels[depth].end == 0 ? 0 : levels[depth].end + 1, end = start;
    while (end < parent && path[end] != '/') end++;
    descend(path + start, end - start);
  }
  const char *name = path + (parent == 0 ? 0 : parent + 1);
  if (*name == '\0' || *name == '/' || text_equal(name, ".") || text_equal(name, "..")) fail(0, "its path is none:", path);
  return name;
}

/** The folder of `target`, from the top, no link followed; its name is set. The descriptor is to be closed unless it is the top's. */
static int open_target(const char **name) {
  int folder = levels[0].folder;
  char *part = target;
  for (char *at = target; *at != '\0'; at++) {
    if (*at != '/') continue;
    *at = '\0';
    if (text_equal(part, "..")) fail(0, "it is a link to what is outside:", path);
    int child = (int)must(open_at(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0), "opening what is linked by", path);
    if (folder != levels[0].folder) close_descriptor(folder);
    folder = child;
    part = at + 1;
  }
  if (text_equal(part, "..")) fail(0, "it is a link to what is outside:", path);
  *name = part;
  return folder;
}

// ---- attributes

static int cannot(long code) { return code == -EPERM || code == -EINVAL || code == -EOPNOTSUPP; }

/** The owner, and the mode after it, since a change of owner takes set-user-id away. */
static void set_owner(int folder, const char *name, int flags) {
  long code = SYSTEM(fchownat, folder, name, entry.uid, entry.gid, flags);
  if (cannot(code)) take_note(note_owner, path);
  else must(code, "changing the owner of", path);
}

static void set_mode(int file) { must(SYSTEM(fchmod, file, entry.mode), "changing the mode of", path); }

static void set_attributes(int file) {
  static char name[xattr_name_bytes_max + 1];
  for (uint32_t at = 0; at < entry.xattrs_length;) {
    uint32_t length, size, left = entry.xattrs_length - at;
    if (left < 8) fail(0, "its extended attributes are cut off:", path);
    memcpy(&length, attributes + at, 4);
    memcpy(&size, attributes + at + 4, 4);
    if (length > left - 8 || size > left - 8 - length) fail(0, "its extended attributes are cut off:", path);
    const char *value = attributes + at + 8 + length;
    at += 8 + length + size;
    if (length > xattr_name_bytes_max) {
      take_note(note_attribute, path);
      continue;
    }
    memcpy(name, value - length, length);
    name[length] = '\0';
    if (!is_kept_attribute(name)) continue;
    long code = SYSTEM(fsetxattr, file, name, value, size, 0);
    if (cannot(code) || code == -E2BIG || code == -ERANGE) take_note(note_attribute, path);
    else must(code, "setting an extended attribute of", path);
  }
}

/** A folder that is there becomes what the entry tells; its time is set when it is left. */
static void finish_folder(void) {
  int folder = levels[depth].folder;
  set_owner(folder, "", at_empty_path);
  set_mode(folder);
  set_attributes(folder);
  if (entry.flags & flag_opaque) must(SYSTEM(fsetxattr, folder, opaque_mark(), "y", 1, 0), "marking as opaque", path);
  levels[depth].mtime = entry.mtime;
}

// ---- contents

static char **sources;
static int *opened;
static uint32_t sources_count;

static int open_source(void) {
  if (entry.source >= sources_count) fail(0, "its content is in no file that was given:", path);
  int *file = &opened[entry.source];
  if (*file < 0) *file = (int)must(open_at(AT_FDCWD, sources[entry.source], O_RDONLY, 0), "opening", sources[entry.source]);
  return *file;
}

static void write_inline(int file) {
  for (uint64_t left = entry.size; left > 0;) {
    if (input_at == input_end) {
      take(1);
      input_at--;
    }
    size_t here = input_end - input_at, part = left < here ? left : here;
    must(write_whole(file, input + input_at, part), "writing", path);
    input_at += part;
    left -= part;
  }
}

/** Small contents lie beside each other: one read serves many. */
static void write_windowed(int file, int source) {
  static char window[window_bytes];
  static uint64_t start, end;
  static uint32_t held = UINT32_MAX;
  if (held != entry.source || entry.offset < start || entry.offset + entry.size > end) {
    long got;
    do got = SYSTEM(pread64, source, window, sizeof window, entry.offset);
    while (got == -EINTR);
    must(got, "reading the content of", path);
    held = entry.source;
    start = entry.offset;
    end = start + (uint64_t)got;
    if (entry.offset + entry.size > end) fail(0, "its content is cut off:", path);
  }
  must(write_whole(file, window + (entry.offset - start), entry.size), "writing", path);
}

static void copy_through(int file, int source, int64_t offset, uint64_t left) {
  static char buffer[window_bytes];
  while (left > 0) {
    long got = SYSTEM(pread64, source, buffer, left < sizeof buffer ? left : sizeof buffer, offset);
    if (got == -EINTR) continue;
    must(got, "reading the content of", path);
    if (got == 0) fail(0, "its content is cut off:", path);
    must(write_whole(file, buffer, (size_t)got), "writing", path);
    offset += got;
    left -= (uint64_t)got;
  }
}

/** The kernel copies, or lets both share the blocks where the file system can. */
static void write_stored(int file) {
  int source = open_source();
  if (entry.size <= windowed_bytes_max) {
    write_windowed(file, source);
    return;
  }
  int64_t offset = (int64_t)entry.offset;
  uint64_t left = entry.size;
  while (left > 0) {
    long got = SYSTEM(copy_file_range, source, &offset, file, NULL, left, 0);
    if (got == -EINTR) continue;
    if (got == -EXDEV || got == -EINVAL || got == -ENOSYS || got == -EOPNOTSUPP) {
      copy_through(file, source, offset, left);
      return;
    }
    must(got, "copying the content of", path);
    if (got == 0) fail(0, "its content is cut off:", path);
    left -= (uint64_t)got;
  }
}

// ---- entries

static void make_folder(const char *name) {
  long code = make_folder_at(levels[depth].folder, name, 0700);
  if (code != -EEXIST) must(code, "making the folder", path);
  descend(name, text_length(name));
  finish_folder();
}

static void make_file(const char *name) {
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  int file = (int)must(open_at(levels[depth].folder, name, flags, entry.mode & 0777), "making the file", path);
  if (entry.flags & flag_inline) write_inline(file);
  else if (entry.size > 0) write_stored(file);
  set_owner(file, "", at_empty_path);
  if (entry.mode & 07000) set_mode(file);
  if (entry.xattrs_length > 0) set_attributes(file);
  set_time(file, NULL, entry.mtime, 0);
  close_descriptor(file);
}

static void make_symlink(const char *name) {
  int folder = levels[depth].folder;
  must(SYSTEM(symlinkat, target, folder, name), "making the link", path);
  set_owner(folder, name, AT_SYMLINK_NOFOLLOW);
  set_time(folder, name, entry.mtime, AT_SYMLINK_NOFOLLOW);
}

static void make_hard_link(const char *name) {
  const char *other;
  int folder = open_target(&other);
  must(SYSTEM(linkat, folder, other, levels[depth].folder, name, 0), "making another name:", path);
  if (folder != levels[0].folder) close_descriptor(folder);
}

static void make_special(const char *name, unsigned type) {
  int folder = levels[depth].folder;
  unsigned minor = entry.minor;
  unsigned long device = (minor & 0xff) | (unsigned long)entry.major << 8 | (unsigned long)(minor & ~0xffu) << 12;
  long code = SYSTEM(mknodat, folder, name, type | (entry.mode & 0777), device);
  if (code == -EPERM) {
    take_note(note_device, path);
    return;
  }
  must(code, "making the device", path);
  if (entry.kind == record_whiteout) return;
  set_owner(folder, name, AT_SYMLINK_NOFOLLOW);
  // It has just been made, in a folder that nobody else knows: it is no link.
  if (entry.mode & 07000) must(SYSTEM(fchmodat, folder, name, entry.mode), "changing the mode of", path);
  set_time(folder, name, entry.mtime, AT_SYMLINK_NOFOLLOW);
}

static void make_entry(void) {
  if (entry.path_length == 0) {
    if (entry.kind != record_directory) fail(0, "the folder itself can't be anything else", "");
    while (depth > 0) ascend();
    finish_folder();
    return;
  }
  const char *name = enter_parent();
  switch (entry.kind) {
    case record_directory:
      make_folder(name);
      break;
    case record_file:
      make_file(name);
      break;
    case record_symlink:
      make_symlink(name);
      break;
    case record_hard_link:
      make_hard_link(name);
      break;
    case record_fifo:
      make_special(name, type_pipe);
      break;
    case record_character_device:
      make_special(name, type_character);
      break;
    case record_block_device:
      make_special(name, type_block);
      break;
    case record_whiteout:
      entry.mode = entry.major = entry.minor = 0;
      make_special(name, type_character);
      break;
    default:
      fail(0, "it is of no known kind:", path);
  }
}

static void take_text(char *text, uint32_t length) {
  if (length > path_bytes_max) fail(0, "a path is too long (pathBytesMax)", "");
  memcpy(text, take(length), length);
  text[length] = '\0';
  if (text_length(text) != length) fail(0, "a path holds a zero byte", "");
}

static void take_entry(void) {
  memcpy(&entry, take(sizeof entry), sizeof entry);
  if (entry.magic != record_magic) fail(0, "a record doesn't begin as one", "");
  take_text(path, entry.path_length);
  take_text(target, entry.target_length);
  if (entry.xattrs_length > sizeof attributes) fail(0, "it has too many extended attributes (fileXattrBytesMax):", path);
  for (uint32_t at = 0; at < entry.xattrs_length;) {
    uint32_t left = entry.xattrs_length - at, part = left < window_bytes / 2 ? left : window_bytes / 2;
    memcpy(attributes + at, take(part), part);
    at += part;
  }
}

int mode_unpack(int argc, char **argv) {
  if (argc < 2) fail(0, "unpacking: a folder is needed", "");
  sources = argv + 2;
  sources_count = (uint32_t)(argc - 2);
  opened = allocate((sources_count + 1) * sizeof *opened);
  for (uint32_t index = 0; index < sources_count; index++) opened[index] = -1;
  SYSTEM(umask, 0);
  levels[0].folder = (int)must(open_at(AT_FDCWD, argv[1], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), "opening", argv[1]);
  struct statx status;
  must(status_at(levels[0].folder, "", at_empty_path, &status), "looking at", argv[1]);
  levels[0].mtime = status.stx_mtime.tv_sec;
  for (take_entry(); entry.kind != record_end; take_entry()) make_entry();
  while (depth > 0) ascend();
  path[0] = '\0';
  set_time(levels[0].folder, NULL, levels[0].mtime, 0);
  tell_notes();
  return 0;
}
