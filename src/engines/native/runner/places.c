// Places in the root of a sandbox where mounts lie. What is missing is made, and when the step has ended it is removed again
// where nothing came into it: a step leaves its own changes only, as with BuildKit.
#include "setup.h"

#include <linux/mount.h>
#include <linux/openat2.h>

enum { links_max = 40, path_bytes_max = 4096, remove_folder = 0x200, no_follow = 8, duplicate = 1030 };
/** What getdents64(2) gives of a folder that holds nothing but . and .. */
enum { empty_listing_bytes = 48 };

/** Paths, the latest first; of what was made, which file it is. */
struct place {
  char *path;
  uint64_t inode;
  uint32_t major, minor;
  struct place *before;
};
/** Mounts; what was made for them; and the folders above that, which are in the step's changes because of it. */
static struct place *mounted, *made;
struct touched {
  char *path;
  struct statx status;
  int is_left;
  struct touched *before;
};
static struct touched *touched;
static uint64_t root_mount;
static int changes = -1, root_is_read_only;

static void remember(struct place **list, char *path, const struct statx *status) {
  struct place *place = allocate(sizeof *place);
  *place = (struct place){path, status->stx_ino, status->stx_dev_major, status->stx_dev_minor, *list};
  *list = place;
}

void remember_mount(char *path) { remember(&mounted, path, &(struct statx){0}); }

void keep_changes(int folder) {
  char names[128];
  // Else not all that is there afterwards is of this step.
  if (SYSTEM(getdents64, folder, names, sizeof names) != empty_listing_bytes) return;
  changes = (int)must(SYSTEM(fcntl, folder, duplicate, 0), "opening a folder for changes", "");
}

void enter_places(void) {
  struct statx status;
  must(status_at(AT_FDCWD, "/", 0, &status), "looking at", "the root");
  root_mount = status.stx_mnt_id;
}

static char *parent_path(const char *path) {
  char *parent = joined(path, NULL), *end = parent;
  for (char *at = parent; *at != '\0'; at++)
    if (*at == '/') end = at;
  end[end == parent ? 1 : 0] = '\0';
  return parent;
}

static struct statx status_of_parent(const char *path, char **parent) {
  struct statx status;
  *parent = parent_path(path);
  must(status_at(AT_FDCWD, *parent, AT_SYMLINK_NOFOLLOW, &status), "looking at", *parent);
  return status;
}

/** What is done for a mount leaves no trace in the folder's own times. */
static void restore_times(int folder, const char *parent, const struct statx *status) {
  struct __kernel_timespec times[] = {{status->stx_atime.tv_sec, status->stx_atime.tv_nsec},
                                      {status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec}};
  SYSTEM(utimensat, folder, parent, times, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

static void make_place(char *path, int is_folder, unsigned uid, unsigned gid, int is_mount_point) {
  char *parent;
  struct statx status = status_of_parent(path, &parent);
  if (is_folder) {
    must(make_folder_at(AT_FDCWD, path, 0755), "making the folder", path);
  } else {
    int file = (int)must(open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644), "making the file", path);
    close_descriptor(file);
  }
  if (uid != 0 || gid != 0) must(SYSTEM(fchownat, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW), "giving its owner to", path);
  if (!is_mount_point) return;
  restore_times(AT_FDCWD, parent, &status);
  // What a mount holds is its own.
  if (status.stx_mnt_id != root_mount) return;
  must(status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &status), "looking at", path);
  remember(&made, path, &status);
}

char *locate(const char *path, int is_folder, unsigned uid, unsigned gid, int is_mount_point) {
  char *done = "", *rest = joined(path, NULL);
  for (int links = 0; *rest != '\0';) {
    char *name = rest;
    while (*rest != '\0' && *rest != '/') rest++;
    if (*rest != '\0') *rest++ = '\0';
    while (*rest == '/') rest++;
    if (*name == '\0' || text_equal(name, ".")) continue;
    if (text_equal(name, "..")) {
      char *end = done;
      for (char *at = done; *at != '\0'; at++)
        if (*at == '/') end = at;
      if (*done != '\0') *end = '\0';
      continue;
    }
    char *next = joined(done, "/", name, NULL);
    int goes_on = *rest != '\0';
    struct statx status;
    long result = status_at(AT_FDCWD, next, AT_SYMLINK_NOFOLLOW, &status);
    if (result == -ENOENT) {
      make_place(next, goes_on || is_folder, uid, gid, is_mount_point);
    } else {
      must(result, "looking at", next);
      if ((status.stx_mode & kind_mask) == kind_link) {
        char target[path_bytes_max];
        long length = must(SYSTEM(readlinkat, AT_FDCWD, next, target, sizeof target - 1), "reading the link", next);
        target[length] = '\0';
        if (++links > links_max) fail(-ELOOP, "looking for", path);
        if (*target == '/') done = "";
        rest = joined(target, "/", rest, NULL);
        continue;
      }
      if (goes_on && (status.stx_mode & kind_mask) != kind_folder) fail(-ENOTDIR, "looking for", path);
    }
    done = next;
  }
  return *done == '\0' ? "/" : done;
}

static int is_remembered(const char *path) {
  for (struct place *place = made; place != NULL; place = place->before)
    if (text_equal(place->path, path)) return 1;
  for (struct touched *folder = touched; folder != NULL; folder = folder->before)
    if (text_equal(folder->path, path)) return 1;
  return 0;
}

void settle_places(void) {
  for (struct place *place = made; place != NULL; place = place->before)
    for (char *path = parent_path(place->path); !text_equal(path, "/"); path = parent_path(path)) {
      struct statx status;
      if (is_remembered(path) || status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &status) < 0) continue;
      struct touched *folder = allocate(sizeof *folder);
      *folder = (struct touched){path, status, 0, touched};
      touched = folder;
    }
}

static int same_time(struct statx_timestamp one, struct statx_timestamp other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

/** Marks the folders in which and to which nothing was done since. */
static void mark_untouched(void) {
  for (struct touched *folder = touched; folder != NULL; folder = folder->before) {
    struct statx *was = &folder->status, is;
    if (status_at(AT_FDCWD, folder->path, AT_SYMLINK_NOFOLLOW, &is) < 0) continue;
    folder->is_left = same_time(was->stx_ctime, is.stx_ctime) && same_time(was->stx_mtime, is.stx_mtime) &&
                      was->stx_mode == is.stx_mode && was->stx_uid == is.stx_uid && was->stx_gid == is.stx_gid;
  }
}

/**
 * The folder that holds `path`, whose last part is set as `name`; negative where a link is on the way. A step may have put one
 * there, and the first process has rights that it has not.
 */
static int open_holder(int root, const char *path, const char **name) {
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  const char *parent = parent_path(path);
  *name = path + text_length(parent) + (parent[1] == '\0' ? 0 : 1);
  return (int)SYSTEM(openat2, root, parent[1] == '\0' ? "." : parent + 1, &how, sizeof how);
}

/** Removes an empty folder from the changes. */
static int drop_change(const char *path) {
  const char *name;
  int folder = open_holder(changes, path, &name);
  if (folder < 0) return 0;
  long result = SYSTEM(unlinkat, folder, name, remove_folder);
  close_descriptor(folder);
  return result >= 0;
}

static void drop_untouched(void) {
  for (int goes_on = changes >= 0; goes_on;) {
    goes_on = 0;
    for (struct touched *folder = touched; folder != NULL; folder = folder->before)
      if (folder->is_left && drop_change(folder->path)) goes_on = 1, folder->is_left = 0;
  }
}

static void set_root_attributes(unsigned long set, unsigned long clear) {
  struct mount_attr attr = {.attr_set = set, .attr_clr = clear};
  must(SYSTEM(mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof attr), "protecting", "/");
}

void protect_root(void) {
  set_root_attributes(MOUNT_ATTR_RDONLY, 0);
  root_is_read_only = 1;
}

/** Where it lies, and nowhere else: what the step moved away stays where it is now. */
static void leave_mount(int root, const struct place *place) {
  const char *name;
  int folder = open_holder(root, place->path, &name);
  if (folder < 0) return;
  if (SYSTEM(fchdir, folder) >= 0) SYSTEM(umount2, name, detach | no_follow);
  close_descriptor(folder);
}

/** Removes what was made, where it is still that and nothing came into it. */
static void clear_made(int root, const struct place *place) {
  struct statx status, above;
  const char *name;
  int folder = open_holder(root, place->path, &name);
  if (folder < 0) return;
  if (status_at(folder, name, AT_SYMLINK_NOFOLLOW, &status) >= 0 && status_at(folder, "", AT_EMPTY_PATH, &above) >= 0) {
    int is_folder = (status.stx_mode & kind_mask) == kind_folder, is_same = status.stx_ino == place->inode &&
        status.stx_dev_major == place->major && status.stx_dev_minor == place->minor;
    // A folder into which something came is not removed.
    if (is_same && (is_folder || status.stx_size == 0) && SYSTEM(unlinkat, folder, name, is_folder ? remove_folder : 0) >= 0)
      restore_times(folder, "", &above);
  }
  close_descriptor(folder);
}

void clear_mount_points(void) {
  if (made == NULL) return;
  if (root_is_read_only) set_root_attributes(0, MOUNT_ATTR_RDONLY);
  int root = open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
  for (; mounted != NULL; mounted = mounted->before) leave_mount(root, mounted);
  mark_untouched();
  for (; made != NULL; made = made->before) clear_made(root, made);
  drop_untouched();
}
