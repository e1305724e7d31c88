// Places in the root of a sandbox where mounts lie. What is missing is made, and when the step has ended it is removed again
// where nothing came into it: a step leaves its own changes only, as with BuildKit.
#include "setup.h"

#include <linux/mount.h>
#include <linux/openat2.h>

enum { links_max = 40, path_bytes_max = 4096, remove_folder = 0x200, duplicate = 1030 };
/** What getdents64(2) gives of a folder that holds nothing but . and .. */
enum { empty_listing_bytes = 48 };

/** Paths, the latest first. */
struct place {
  char *path;
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

static void remember(struct place **list, char *path) {
  struct place *place = allocate(sizeof *place);
  *place = (struct place){path, *list};
  *list = place;
}

void remember_mount(char *path) { remember(&mounted, path); }

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
static void restore_times(const char *parent, const struct statx *status) {
  struct __kernel_timespec times[] = {{status->stx_atime.tv_sec, status->stx_atime.tv_nsec},
                                      {status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec}};
  SYSTEM(utimensat, AT_FDCWD, parent, times, AT_SYMLINK_NOFOLLOW);
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
  restore_times(parent, &status);
  // What a mount holds is its own.
  if (status.stx_mnt_id == root_mount) remember(&made, path);
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

/** Removes an empty folder from the changes; no link of the step leads out of them. */
static int drop_change(const char *path) {
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  const char *parent = parent_path(path), *name = path + text_length(parent) + (parent[1] == '\0' ? 0 : 1);
  int folder = (int)SYSTEM(openat2, changes, parent[1] == '\0' ? "." : parent + 1, &how, sizeof how);
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

void clear_mount_points(void) {
  if (made == NULL) return;
  if (root_is_read_only) set_root_attributes(0, MOUNT_ATTR_RDONLY);
  for (; mounted != NULL; mounted = mounted->before) SYSTEM(umount2, mounted->path, detach);
  mark_untouched();
  for (; made != NULL; made = made->before) {
    struct statx status, above;
    char *parent;
    if (status_at(AT_FDCWD, made->path, AT_SYMLINK_NOFOLLOW, &status) < 0) continue;
    int is_folder = (status.stx_mode & kind_mask) == kind_folder;
    if (!is_folder && status.stx_size != 0) continue;
    above = status_of_parent(made->path, &parent);
    // A folder into which something came stays.
    if (SYSTEM(unlinkat, AT_FDCWD, made->path, is_folder ? remove_folder : 0) >= 0) restore_times(parent, &above);
  }
  drop_untouched();
}
