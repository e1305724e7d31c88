// What a hostile build step does with system calls: `attack NAME [ARGUMENT]`. Ends with 0 where the attempt came to nothing
// and said why, with 42 where it got out, with 99 for a mistake of the test.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *argument;

/** Each of these is an escape where the call works. */
static int refused(const char *what, long result) {
  if (result >= 0) {
    printf("ESCAPED: %s\n", what);
    return 42;
  }
  printf("%s: %s\n", what, strerror(errno));
  return 0;
}

static int all(int count, const int *results) {
  int worst = 0;
  for (int index = 0; index < count; index++)
    if (results[index] > worst) worst = results[index];
  return worst;
}
#define ALL(...) all(sizeof((int[]){__VA_ARGS__}) / sizeof(int), (int[]){__VA_ARGS__})

/** Whether the host's canary can be read from here. */
static int finds_canary(const char *how) {
  char path[4096];
  snprintf(path, sizeof path, ".%s", argument);
  int relative = open(path, O_RDONLY), absolute = open(argument, O_RDONLY);
  if (relative >= 0 || absolute >= 0) return printf("ESCAPED: %s\n", how), 42;
  return printf("%s: not there\n", how), 0;
}

static void climb(void) {
  for (int step = 0; step < 64; step++)
    if (chdir("..") != 0) return;
}

static int double_chroot(void) {
  mkdir("/tmp-chroot", 0700);
  if (chroot("/tmp-chroot") != 0) return refused("chroot", -1);
  climb();
  chroot(".");
  return finds_canary("double chroot");
}

static int descriptor_chroot(void) {
  int root = open("/", O_RDONLY | O_DIRECTORY);
  mkdir("/tmp-chroot", 0700);
  if (chroot("/tmp-chroot") != 0) return refused("chroot", -1);
  if (fchdir(root) != 0) return 99;
  climb();
  chroot(".");
  return finds_canary("chroot and a descriptor");
}

static int pivot(void) {
  mkdir("/new", 0700);
  mkdir("/new/old", 0700);
  return ALL(refused("pivot_root", syscall(SYS_pivot_root, "/new", "/new/old")),
             refused("pivot_root . .", syscall(SYS_pivot_root, ".", ".")));
}

static int mounts(void) {
  return ALL(refused("mount proc", mount("proc", "/proc", "proc", 0, NULL)),
             refused("mount over /proc", mount("none", "/proc", "tmpfs", 0, NULL)),
             refused("bind", mount("/", "/dev", NULL, MS_BIND, NULL)),
             refused("remount /proc/sys", mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL)),
             refused("remount /", mount(NULL, "/", NULL, MS_REMOUNT, NULL)),
             refused("propagation", mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL)),
             refused("fsopen", syscall(SYS_fsopen, "tmpfs", 0)), refused("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1)),
             refused("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/dev", 0)),
             refused("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, NULL, 0)));
}

static int unmounts(void) {
  return ALL(refused("umount /proc/keys", umount2("/proc/keys", MNT_DETACH)),
             refused("umount /proc/sys", umount2("/proc/sys", MNT_DETACH)),
             refused("umount /sys/firmware", umount2("/sys/firmware", MNT_DETACH)),
             refused("umount /proc", umount2("/proc", MNT_DETACH)), refused("umount /", umount2("/", MNT_DETACH)));
}

static int trace(void) {
  long host = atol(argument);
  return ALL(refused("ptrace the host's process", ptrace(PTRACE_ATTACH, host, 0, 0)),
             refused("ptrace number 1", ptrace(PTRACE_ATTACH, 1, 0, 0)),
             refused("seize number 1", ptrace(PTRACE_SEIZE, 1, 0, 0)),
             refused("signal the host's process", kill((pid_t)host, 0)));
}

static int memory_of_first(void) {
  char byte;
  struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
  return ALL(refused("process_vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0)),
             refused("/proc/1/mem", open("/proc/1/mem", O_RDWR)), refused("/proc/1/exe to write", open("/proc/1/exe", O_RDWR)),
             refused("/proc/1/exe to read", open("/proc/1/exe", O_RDONLY)),
             refused("/proc/1/root", open("/proc/1/root/", O_RDONLY)), refused("/proc/1/cwd", open("/proc/1/cwd/", O_RDONLY)),
             refused("/proc/1/fd/3", open("/proc/1/fd/3", O_RDWR)), refused("/proc/1/environ", open("/proc/1/environ", O_RDONLY)),
             refused("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 3, 0)),
             refused("kcmp", syscall(SYS_kcmp, getpid(), 1, 0, 0, 0)));
}

static int own_program(void) {
  int file = open("/proc/self/exe", O_RDWR);
  return refused("/proc/self/exe to write", file);
}

static int namespaces(void) {
  static const int flags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
                              CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80};
  int worst = 0;
  for (size_t index = 0; index < sizeof flags / sizeof *flags; index++) {
    int result = refused("unshare", unshare(flags[index]));
    if (result > worst) worst = result;
    if (flags[index] == 0x80) continue;
    long child = syscall(SYS_clone, flags[index] | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    result = refused("clone", child);
    if (result > worst) worst = result;
  }
  struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  long child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) _exit(0);
  int result = refused("clone3", child);
  return result > worst ? result : worst;
}

static int join_namespaces(void) {
  static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
  int worst = 0;
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/1/ns/%s", names[index]);
    int result = refused(path, open(path, O_RDONLY));
    if (result > worst) worst = result;
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[index]);
    result = refused("setns", setns(open(path, O_RDONLY), 0));
    if (result > worst) worst = result;
  }
  return worst;
}

static int keys(void) {
  return ALL(refused("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3)),
             refused("request_key", syscall(SYS_request_key, "user", "x", NULL, 0)),
             refused("keyctl", syscall(SYS_keyctl, 0, -3, 0, 0, 0)));
}

static int kernel_interfaces(void) {
  char room[256] = {0};
  union bpf_attr attributes = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  struct perf_event_attr event = {.size = sizeof event, .type = PERF_TYPE_SOFTWARE};
  return ALL(refused("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes)),
             refused("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0)),
             refused("userfaultfd", syscall(SYS_userfaultfd, 1)), refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, room)),
             refused("fanotify_init", syscall(SYS_fanotify_init, 0, 0)), refused("quotactl", syscall(SYS_quotactl, 0, 0, 0, 0)),
             refused("lookup_dcookie", syscall(SYS_lookup_dcookie, 0, room, 1)), refused("acct", syscall(SYS_acct, "/acct")),
             refused("swapon", syscall(SYS_swapon, "/x", 0)), refused("syslog", syscall(SYS_syslog, 3, room, sizeof room)));
}

static int handles(void) {
  struct {
    struct file_handle head;
    char bytes[128];
  } handle = {.head = {.handle_bytes = 128}};
  int mount_id;
  name_to_handle_at(AT_FDCWD, "/", &handle.head, &mount_id, 0);
  // The root of most file systems, as the "shocker" escape from Docker had it.
  struct {
    struct file_handle head;
    char bytes[8];
  } top = {.head = {.handle_bytes = 8, .handle_type = 1}, .bytes = {2}};
  int folder = open("/", O_RDONLY);
  return ALL(refused("open_by_handle_at", open_by_handle_at(folder, &handle.head, O_RDONLY)),
             refused("open_by_handle_at of inode 2", open_by_handle_at(folder, &top.head, O_RDONLY)));
}

static int machine(void) {
  struct timeval now;
  struct timespec time;
  gettimeofday(&now, NULL);
  clock_gettime(CLOCK_REALTIME, &time);
  return ALL(refused("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0)),
             refused("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, "", 0)),
             refused("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, RB_DISABLE_CAD, NULL)),
             refused("settimeofday", settimeofday(&now, NULL)), refused("clock_settime", clock_settime(CLOCK_REALTIME, &time)),
             refused("init_module", syscall(SYS_init_module, "", 0, "")),
             refused("finit_module", syscall(SYS_finit_module, open("/proc/self/exe", O_RDONLY), "", 0)),
             refused("delete_module", syscall(SYS_delete_module, "x", 0)), refused("sethostname", sethostname("owned", 5)),
             refused("setdomainname", setdomainname("owned", 5)));
}

static int ports(void) {
#if defined(__x86_64__)
  return ALL(refused("iopl", syscall(SYS_iopl, 3)), refused("ioperm", syscall(SYS_ioperm, 0, 1, 1)));
#else
  return 0;
#endif
}

static int devices(void) {
  static const struct {
    const char *name;
    mode_t type;
    int major, minor;
  } list[] = {{"/mem", S_IFCHR, 1, 1}, {"/kmsg", S_IFCHR, 1, 11}, {"/zero", S_IFCHR, 1, 5}, {"/loop", S_IFBLK, 7, 0}};
  int worst = 0;
  char node[64];
  for (size_t index = 0; index <= sizeof list / sizeof *list; index++) {
    int is_disk = index == sizeof list / sizeof *list;
    dev_t device = is_disk ? (dev_t)atol(argument) : makedev(list[index].major, list[index].minor);
    static const char *const folders[] = {"", "/dev", "/dev/shm"};
    for (size_t folder = 0; folder < 3; folder++) {
      snprintf(node, sizeof node, "%s%s", folders[folder], is_disk ? "/disk" : list[index].name);
      unlink(node);
      if (mknod(node, (is_disk ? S_IFBLK : list[index].type) | 0666, device) != 0) continue;
      int result = refused(node, open(node, O_RDONLY));
      if (result > worst) worst = result;
      unlink(node);
    }
  }
  return worst;
}

static int image_device(void) { return refused("a device of the image", open("/image-device", O_RDONLY)); }

static int terminal_input(void) {
  char byte = 'x';
  int worst = 0;
  for (int descriptor = 0; descriptor < 3; descriptor++) {
    int result = refused("TIOCSTI", ioctl(descriptor, TIOCSTI, &byte));
    if (errno != EPERM) return printf("TIOCSTI was not refused as such\n"), 42;
    if (result > worst) worst = result;
  }
  return worst;
}

static int raw_network(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argument))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int stream = socket(AF_INET, SOCK_STREAM, 0);
  int result = refused("the host's port", connect(stream, (struct sockaddr *)&address, sizeof address));
  inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
  int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (raw < 0) return result;
  int sent = refused("a raw packet", sendto(raw, "x", 1, 0, (struct sockaddr *)&address, sizeof address));
  return sent > result ? sent : result;
}

static int raw_sockets(void) {
  enum { every_protocol = 0x0300 };
  return ALL(refused("all that the network carries", socket(AF_PACKET, SOCK_RAW, every_protocol)),
             refused("packets of one's own making", socket(AF_INET, SOCK_RAW, IPPROTO_RAW)),
             refused("the same for IPv6", socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)));
}

static int abstract_socket(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(argument);
  memcpy(address.sun_path + 1, argument, length);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  return refused("the host's abstract socket",
                 connect(stream, (struct sockaddr *)&address, (socklen_t)(sizeof address.sun_family + 1 + length)));
}

/** No attack: what a socket says that the step was given. */
static int talk(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char said[256];
  strncpy(address.sun_path, argument, sizeof address.sun_path - 1);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(stream, (struct sockaddr *)&address, sizeof address) != 0) return refused("connect", -1);
  for (ssize_t length; (length = read(stream, said, sizeof said)) > 0;)
    if (write(1, said, (size_t)length) < 0) return 99;
  return 0;
}

static int descriptors(void) {
  int worst = 0;
  for (int descriptor = 3; descriptor < 4096; descriptor++)
    if (fcntl(descriptor, F_GETFD) >= 0) worst = 42, printf("ESCAPED: descriptor %d\n", descriptor);
  return worst;
}

/** Ends at the first fork that is refused; its children wait to be counted. */
static int fork_bomb(void) {
  for (int count = 0; count < 20000; count++) {
    pid_t child = fork();
    if (child < 0) return printf("after %d: %s\n", count, strerror(errno)), 0;
    if (child == 0) {
      pause();
      _exit(0);
    }
  }
  printf("ESCAPED: 20000 processes\n");
  return 42;
}

static int set_user(void) {
  // A program of root with the set-uid bit has to have no effect.
  printf("uid %d, effective %d\n", getuid(), geteuid());
  return geteuid() == getuid() ? 0 : 42;
}

static int daemonize(void) {
  if (fork() == 0) {
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (fork() == 0)
      for (;;) sleep(1000);
    _exit(0);
  }
  wait(NULL);
  return 0;
}

static int limits(void) {
  struct rlimit limit, more;
  getrlimit(RLIMIT_NOFILE, &limit);
  more = (struct rlimit){limit.rlim_max, limit.rlim_max + 1};
  return refused("a higher limit", setrlimit(RLIMIT_NOFILE, &more));
}

static const struct {
  const char *name;
  int (*go)(void);
} attacks[] = {
    {"double-chroot", double_chroot}, {"descriptor-chroot", descriptor_chroot},
    {"pivot-root", pivot},            {"mount", mounts},
    {"umount", unmounts},             {"ptrace", trace},
    {"first-process", memory_of_first}, {"own-program", own_program},
    {"namespaces", namespaces},       {"setns", join_namespaces},
    {"keys", keys},                   {"kernel", kernel_interfaces},
    {"handles", handles},             {"machine", machine},
    {"ports", ports},                 {"devices", devices},
    {"image-device", image_device},   {"terminal", terminal_input},
    {"network", raw_network},         {"abstract-socket", abstract_socket},
    {"descriptors", descriptors},     {"fork-bomb", fork_bomb},
    {"set-user", set_user},           {"daemon", daemonize},
    {"limits", limits},               {"talk", talk},
    {"raw-sockets", raw_sockets},
};

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IONBF, 0);
  argument = argc > 2 ? argv[2] : "";
  for (size_t index = 0; argc > 1 && index < sizeof attacks / sizeof *attacks; index++)
    if (strcmp(argv[1], attacks[index].name) == 0) return attacks[index].go();
  return 99;
}
