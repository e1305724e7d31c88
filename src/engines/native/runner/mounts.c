// The root of a sandbox. Sources are opened while the host's files are there, as mounts that lie nowhere (fsmount(2),
// open_tree(2)); then the root is entered with pivot_root(2) and the old one let go; only then are the mounts put in their
// places, so that a name or a link of the new root can only lead to the new root. /proc comes last: no link of it is met.
//
// Invariant: the first process has rights that the step has not. So once a mount that was asked for may lie in the root, nothing
// is opened by a name but in /proc: /dev's own null and terminals are held open from before.
#include "setup.h"

#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

enum { private_recursive = (1 << 18) | (1 << 14), duplicate = 1030 };

/** Mounts that are made and not yet in their places, by the index of their instruction. */
static int *mount_of;
/** /dev/null as the sandbox has it, and /dev/pts: the mounts, and what is opened in them. */
static int null_mount = -1, null_input = -1, controller = -1;

static char *descriptor_path(int descriptor) { return joined("/proc/self/fd/", decimal(descriptor), NULL); }

static void set_attributes(int mount, unsigned long attributes, const char *target) {
  struct mount_attr attr = {.attr_set = attributes};
  must(SYSTEM(mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr), "setting flags of the mount", target);
}

// ---- sources

static int clone_of(int folder, const char *path, const char *what) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | (*path == '\0' ? AT_EMPTY_PATH : 0);
  return (int)must(SYSTEM(open_tree, folder, path, flags), "opening what is to be mounted:", what);
}

/** `path` inside the folder that `folder` stands for, links resolved in it. */
static int open_inside(int folder, const char *path) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  return (int)must(SYSTEM(openat2, folder, *path == '\0' ? "." : path, &how, sizeof how), "opening in a mount's source:", path);
}

/** bind TARGET ATTRIBUTES SOURCE PATH */
static int prepare_bind(const struct instruction *this) {
  const char *source = text_of(this, 3), *path = text_of(this, 4);
  if (*path == '\0') return clone_of(AT_FDCWD, source, source);
  int folder = (int)must(open_at(AT_FDCWD, source, O_PATH | O_DIRECTORY, 0), "opening a mount's source:", source);
  int inside = open_inside(folder, path), mount = clone_of(inside, "", path);
  close_descriptor(inside);
  close_descriptor(folder);
  return mount;
}

static void configure(int context, unsigned command, const char *key, const char *value, const char *what) {
  must(SYSTEM(fsconfig, context, command, key, value, 0), "setting up a file system:", joined(what, " ", key, NULL));
}

static int made_mount(int context, const char *what) {
  configure(context, FSCONFIG_CMD_CREATE, NULL, NULL, what);
  int mount = (int)must(SYSTEM(fsmount, context, FSMOUNT_CLOEXEC, 0), "mounting", what);
  close_descriptor(context);
  return mount;
}

static int new_context(const char *type) {
  return (int)must(SYSTEM(fsopen, type, FSOPEN_CLOEXEC), "mounting a file system of type", type);
}

/** Sets OPTION or KEY=VALUE. */
static void set_option(int context, const char *option, const char *what) {
  char *key = joined(option, NULL), *value = key;
  while (*value != '\0' && *value != '=') value++;
  if (*value == '\0') {
    configure(context, FSCONFIG_SET_FLAG, key, NULL, what);
  } else {
    *value++ = '\0';
    configure(context, FSCONFIG_SET_STRING, key, value, what);
  }
}

/** filesystem TARGET ATTRIBUTES TYPE OPTION... */
static int prepare_filesystem(const struct instruction *this) {
  const char *type = text_of(this, 3);
  int context = new_context(type);
  configure(context, FSCONFIG_SET_STRING, "source", type, type);
  for (uint32_t index = 4; index < this->count; index++) set_option(context, text_of(this, index), type);
  return made_mount(context, type);
}

/** Lower folders one by one, highest first; the kernel knows how since 6.8. */
static int add_lowers(int context, const char *const *lowers, uint32_t count) {
  for (uint32_t index = 0; index < count; index++) {
    long result = SYSTEM(fsconfig, context, FSCONFIG_SET_STRING, "lowerdir+", lowers[index], 0);
    if (result == -EINVAL && index == 0) return 0;
    must(result, "setting up a file system:", "overlay lowerdir+");
  }
  return 1;
}

/** As mount(2) took it: all lower folders in one text of at most a page. */
static int classic_overlay(const char *place, char *data) {
  must(SYSTEM(mount, "overlay", place, "overlay", 0, data), "mounting", "overlay");
  int mount = clone_of(AT_FDCWD, place, "overlay");
  must(SYSTEM(umount2, place, detach), "unmounting", "overlay");
  return mount;
}

/** A part of a mount: it has to lie somewhere to be looked into. */
static int part_of(int mount, const char *path, const char *place) {
  must(SYSTEM(move_mount, mount, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH), "mounting", "overlay");
  int inside = open_inside(mount, path), part = clone_of(inside, "", path);
  close_descriptor(inside);
  close_descriptor(mount);
  must(SYSTEM(umount2, place, detach), "unmounting", "overlay");
  return part;
}

/** overlay TARGET ATTRIBUTES UPPER WORK PATH PLACE "OPTION,OPTION" LOWER...; the highest first, UPPER empty where read-only. */
static int prepare_overlay(const struct instruction *this) {
  const char *upper = text_of(this, 3), *work = text_of(this, 4), *path = text_of(this, 5), *place = text_of(this, 6);
  const uint32_t first = 8, count = this->count - first;
  // Short names, whatever the folders' own are; and none of them is seen in the sandbox.
  const char *lowers[count];
  int opened[count + 2];
  char *data = joined(text_of(this, 7), ",lowerdir=", NULL);
  for (uint32_t index = 0; index < count; index++) {
    const char *lower = text_of(this, first + index);
    opened[index] = (int)must(open_at(AT_FDCWD, lower, O_PATH | O_DIRECTORY, 0), "opening a layer:", lower);
    lowers[index] = descriptor_path(opened[index]);
  }
  opened[count] = opened[count + 1] = -1;
  int context = new_context("overlay"), mount;
  configure(context, FSCONFIG_SET_STRING, "source", "overlay", "overlay");
  if (*upper != '\0') {
    opened[count] = (int)must(open_at(AT_FDCWD, upper, O_RDONLY | O_DIRECTORY, 0), "opening a folder for changes:", upper);
    if (text_equal(text_of(this, 1), "/")) keep_changes(opened[count]);
    opened[count + 1] = (int)must(open_at(AT_FDCWD, work, O_PATH | O_DIRECTORY, 0), "opening a folder for changes:", work);
  }
  if (add_lowers(context, lowers, count)) {
    for (char *option = joined(text_of(this, 7), NULL), *end = option; *option != '\0'; option = end) {
      while (*end != '\0' && *end != ',') end++;
      if (*end != '\0') *end++ = '\0';
      set_option(context, option, "overlay");
    }
    if (*upper != '\0') {
      configure(context, FSCONFIG_SET_STRING, "upperdir", descriptor_path(opened[count]), "overlay");
      configure(context, FSCONFIG_SET_STRING, "workdir", descriptor_path(opened[count + 1]), "overlay");
    }
    mount = made_mount(context, "overlay");
  } else {
    for (uint32_t index = 0; index < count; index++) data = joined(data, index == 0 ? "" : ":", lowers[index], NULL);
    if (*upper != '\0')
      data = joined(data, ",upperdir=", descriptor_path(opened[count]), ",workdir=", descriptor_path(opened[count + 1]), NULL);
    if (text_length(data) > 4095) fail(0, "mounting more layers than this kernel takes (Linux 6.8 takes more):", decimal(count));
    close_descriptor(context);
    mount = classic_overlay(place, data);
  }
  for (uint32_t index = 0; index < count + 2; index++)
    if (opened[index] >= 0) close_descriptor(opened[index]);
  return *path == '\0' ? mount : part_of(mount, path, place);
}

/** file TARGET ATTRIBUTES FOLDER MODE UID GID CONTENT: a file of its own in memory; FOLDER is where such lie. */
static int prepare_file(const struct instruction *this) {
  static unsigned long number;
  const char *target = text_of(this, 1), *path = joined(text_of(this, 3), "/", decimal((long)number++), NULL);
  int file = (int)must(open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600), "making a file for", target);
  if (this->count < 8) fail(0, "reading the setup: a field is missing of", "file");
  must(write_whole(file, this->fields[7].text, this->fields[7].length), "writing a file for", target);
  must(SYSTEM(fchown, file, number_in(this, 5), number_in(this, 6)), "giving its owner to the file for", target);
  must(SYSTEM(fchmod, file, number_in(this, 4)), "giving its mode to the file for", target);
  close_descriptor(file);
  return clone_of(AT_FDCWD, path, target);
}

/** socket TARGET ATTRIBUTES SOURCE MODE UID GID: a socket that the caller made for this step alone. */
static int prepare_socket(const struct instruction *this) {
  const char *source = text_of(this, 3);
  must(SYSTEM(fchownat, AT_FDCWD, source, number_in(this, 5), number_in(this, 6), 0), "giving its owner to", source);
  must(SYSTEM(fchmodat, AT_FDCWD, source, number_in(this, 4)), "giving its mode to", source);
  return clone_of(AT_FDCWD, source, source);
}

static int prepare(const struct instruction *this) {
  static const struct {
    const char *name;
    int (*make)(const struct instruction *);
  } kinds[] = {
      {"bind", prepare_bind},       {"filesystem", prepare_filesystem}, {"overlay", prepare_overlay},
      {"file", prepare_file},       {"socket", prepare_socket},
  };
  for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
    if (!text_equal(text_of(this, 0), kinds[index].name)) continue;
    int mount = kinds[index].make(this);
    set_attributes(mount, number_in(this, 2), text_of(this, 1));
    return mount;
  }
  return -1;
}

static int held(int descriptor, const char *what) {
  if (descriptor < 0) fail(0, "reading the setup: there is no", what);
  return descriptor;
}

int open_nothing(void) { return held(null_input, "/dev/null"); }

int open_controller(void) { return held(controller, "/dev/pts"); }

/** The first of such a target is the sandbox's own. */
static void hold(const struct setup *setup, const char *target, int mount) {
  if (null_mount < 0 && text_equal(target, "/dev/null")) {
    null_mount = (int)must(SYSTEM(fcntl, mount, duplicate, 0), "opening", target);
    null_input = (int)must(open_at(AT_FDCWD, descriptor_path(mount), O_RDONLY, 0), "opening", target);
  }
  if (controller < 0 && text_equal(target, "/dev/pts") && instruction_named(setup, "terminal").count > 0)
    controller = (int)must(open_at(mount, "ptmx", O_RDWR | O_NOCTTY, 0), "opening", "a terminal");
}

void prepare_mounts(const struct setup *setup) {
  // stage FOLDER: an empty folder of the host, over which this process alone has a file system in memory.
  const struct instruction stage = instruction_named(setup, "stage");
  const char *folder = text_of(&stage, 1);
  must(SYSTEM(mount, NULL, "/", NULL, private_recursive, NULL), "keeping mounts apart", "");
  int context = new_context("tmpfs");
  configure(context, FSCONFIG_SET_STRING, "mode", "0700", "tmpfs");
  // So that nothing of it is written to a disk; the kernel knows how since 6.4, and lets root alone do it.
  SYSTEM(fsconfig, context, FSCONFIG_SET_FLAG, "noswap", NULL, 0);
  int mount = made_mount(context, "tmpfs");
  set_attributes(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, folder);
  must(SYSTEM(move_mount, mount, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH), "mounting", folder);
  close_descriptor(mount);
  // For the root, for an overlay that is looked into, for files; and two that stay empty, since an overlay needs layers.
  static const char *const parts[] = {"/root", "/place", "/files", "/empty-1", "/empty-2"};
  for (size_t index = 0; index < sizeof parts / sizeof *parts; index++)
    must(make_folder_at(AT_FDCWD, joined(folder, parts[index], NULL), 0755), "making a folder in", folder);
  mount_of = allocate(setup->count * sizeof *mount_of);
  for (uint32_t index = 0; index < setup->count; index++) {
    const struct instruction *this = &setup->instructions[index];
    mount_of[index] = prepare(this);
    if (mount_of[index] >= 0) hold(setup, text_of(this, 1), mount_of[index]);
  }
  // The first of them is the root.
  must(SYSTEM(chdir, joined(folder, "/root", NULL)), "entering", folder);
}

// ---- places

/** What of the root no mount that is asked for may cover, by whatever links it is named. */
static int is_own(const char *path) {
  static const char *const folders[] = {"/proc", "/sys", "/dev/pts"};
  for (size_t index = 0; index < sizeof folders / sizeof *folders; index++) {
    const char *rest = path + text_length(folders[index]);
    if (text_starts(path, folders[index]) && (*rest == '\0' || *rest == '/')) return 1;
  }
  return text_equal(path, "/dev") || text_equal(path, "/");
}

/** Puts a mount on its target. The places of the kernel's own file systems may not be links (`strict`). */
static void attach(int mount, const char *target, int is_strict) {
  struct statx source, status;
  must(status_at(mount, "", AT_EMPTY_PATH, &source), "looking at the mount for", target);
  int is_folder = (source.stx_mode & kind_mask) == kind_folder;
  char *path = locate(target, is_folder, 0, 0, !is_strict);
  if (is_strict && !text_equal(path, target)) fail(-ELOOP, "mounting: the image has a link in the way of", target);
  if (!is_strict && is_own(path)) fail(0, "mounting over what is the sandbox's own:", target);
  must(status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &status), "looking at", path);
  if (((status.stx_mode & kind_mask) == kind_folder) != is_folder)
    fail(is_folder ? -ENOTDIR : -EISDIR, is_folder ? "mounting a folder on" : "mounting a file on", target);
  must(SYSTEM(move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), "mounting", target);
  close_descriptor(mount);
  remember_mount(path);
}

/** mask PATH: nothing can be read there. */
static void mask(const char *path) {
  struct statx status;
  if (status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &status) < 0) return;
  int mount;
  if ((status.stx_mode & kind_mask) == kind_folder) {
    mount = made_mount(new_context("tmpfs"), "tmpfs");
    set_attributes(mount, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, path);
  } else {
    // Not AT_RECURSIVE: a mount that was asked for may lie on it.
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
    mount = (int)must(SYSTEM(open_tree, held(null_mount, "/dev/null"), "", flags), "masking", path);
  }
  must(SYSTEM(move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), "masking", path);
  close_descriptor(mount);
}

/** read-only PATH */
static void protect(const char *path) {
  struct statx status;
  if (status_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &status) < 0) return;
  int mount = clone_of(AT_FDCWD, path, path);
  set_attributes(mount, MOUNT_ATTR_RDONLY, path);
  must(SYSTEM(move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), "protecting", path);
  close_descriptor(mount);
}

/** pids NUMBER: of this pid namespace alone, since Linux 6.14. */
static void bound_processes(const char *number) {
  int file = (int)must(open_at(AT_FDCWD, "/proc/sys/kernel/pid_max", O_WRONLY, 0), "bounding", "processes");
  must(write_whole(file, number, text_length(number)), "bounding processes to", number);
  close_descriptor(file);
}

static void arrange(const struct instruction *this, int mount) {
  const char *name = text_of(this, 0);
  if (mount >= 0) {
    const char *target = text_of(this, 1);
    int is_kernel = text_equal(name, "filesystem") && !text_equal(text_of(this, 3), "tmpfs");
    // Where the kernel gives no /sys of one's own, the host's is at its place.
    attach(mount, target, is_kernel || text_equal(target, "/dev") || text_equal(target, "/sys"));
  } else if (text_equal(name, "folder")) {
    must(make_folder_at(AT_FDCWD, text_of(this, 1), (unsigned)number_in(this, 2)), "making the folder", text_of(this, 1));
  } else if (text_equal(name, "link")) {
    must(SYSTEM(symlinkat, text_of(this, 2), AT_FDCWD, text_of(this, 1)), "making the link", text_of(this, 1));
  } else if (text_equal(name, "mask")) {
    mask(text_of(this, 1));
  } else if (text_equal(name, "pids")) {
    bound_processes(text_of(this, 1));
  } else if (text_equal(name, "read-only")) {
    protect(text_of(this, 1));
  } else if (text_equal(name, "read-only-root")) {
    protect_root();
  } else if (text_equal(name, "working-folder")) {
    locate(text_of(this, 1), 1, (unsigned)number_in(this, 2), (unsigned)number_in(this, 3), 0);
  }
}

void enter_root(const struct setup *setup) {
  int root = -1;
  uint32_t first = 0;
  while (first < setup->count && (root = mount_of[first]) < 0) first++;
  must(SYSTEM(move_mount, root, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH), "mounting", "the root");
  must(SYSTEM(fchdir, root), "entering", "the root");
  close_descriptor(root);
  // The old root comes to lie on the new one and is let go: proc_pid and the kernel's documentation of pivot_root(2).
  must(SYSTEM(pivot_root, ".", "."), "entering", "the root");
  must(SYSTEM(umount2, ".", detach), "leaving", "the host's files");
  must(SYSTEM(chdir, "/"), "entering", "the root");
  enter_places();
  for (uint32_t index = 0; index < setup->count; index++)
    if (index != first) arrange(&setup->instructions[index], mount_of[index]);
  settle_places();
}
