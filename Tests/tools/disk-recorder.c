/* A disk that remembers and fails: preloaded into a program (LD_PRELOAD), it writes down, in order and with the bytes,
   every change of the files below $DISK_FOLDER, and lets chosen calls fail. Tests compile it themselves.

   DISK_FOLDER    only files and names below it count; without a slash at the end
   DISK_LOG       where the operations are written, as `struct operation`, names and data
   DISK_ACK_FD    what the program writes to this descriptor is written down as an acknowledgement
   DISK_FAULT     N:WHAT:TIMES: the calls N up to N + TIMES fail, counted from 0 over all calls below the folder.
                  WHAT is short (a write takes half), or EIO, ENOSPC, EINTR
   DISK_PIECE     no write takes more bytes than this, as the kernel may do at any time
   DISK_FORGET    fdatasync or directory: such syncs are answered well and not done, as in a program that forgot them */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* C created, O opened, K linked under a name, L set to a length, W written, S synced, D folder synced, F sync failed, R renamed, U unlinked,
   X closed, A acknowledged, E any other call that was made to fail */
struct operation {
  uint8_t kind;
  uint64_t file; /* inode */
  uint64_t offset;
  uint32_t nameCount, secondCount, dataCount;
} __attribute__((packed));

enum { descriptorLimit = 1024 };
static int log_ = -1, acknowledgements = -1, isReady;
static char folder[1024];
static size_t folderCount;
static uint64_t files[descriptorLimit]; /* inode of a descriptor below the folder; 0: not ours */
static uint8_t isFolder[descriptorLimit];
static long callCount, faultStart = -1, faultCount, pieceLimit;
static int faultNumber; /* 0: short writes */
static int forgetsData, forgetsFolders;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }
#define REAL(name) ((__typeof__(&name))({ static void *found; if (!found) found = real(#name); found; }))

static void start(void) {
  if (isReady) return;
  isReady = 1;
  const char *path = getenv("DISK_LOG"), *below = getenv("DISK_FOLDER"), *text;
  if (!path || !below || strlen(below) >= sizeof folder) return;
  strcpy(folder, below);
  folderCount = strlen(folder);
  int opened = REAL(open)(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  /* Out of the way of the numbers that the program's own files get. */
  log_ = fcntl(opened, F_DUPFD_CLOEXEC, 900);
  REAL(close)(opened);
  if ((text = getenv("DISK_ACK_FD"))) acknowledgements = atoi(text);
  if ((text = getenv("DISK_PIECE"))) pieceLimit = atol(text);
  if ((text = getenv("DISK_FORGET"))) {
    forgetsData = !strcmp(text, "fdatasync");
    forgetsFolders = !strcmp(text, "directory");
  }
  if ((text = getenv("DISK_FAULT"))) {
    char *rest;
    faultStart = strtol(text, &rest, 10);
    if (*rest == ':') rest++;
    if (!strncmp(rest, "EIO:", 4)) faultNumber = EIO;
    if (!strncmp(rest, "ENOSPC:", 7)) faultNumber = ENOSPC;
    if (!strncmp(rest, "EINTR:", 6)) faultNumber = EINTR;
    char *times = strchr(rest, ':');
    faultCount = times ? atol(times + 1) : 1;
  }
}

static void put(char kind, uint64_t file, uint64_t offset, const char *name, const char *second, const void *data,
                size_t count) {
  if (log_ < 0) return;
  struct operation head = {kind, file, offset, name ? strlen(name) : 0, second ? strlen(second) : 0, count};
  struct iovec pieces[4] = {{&head, sizeof head},
                            {(void *)name, head.nameCount},
                            {(void *)second, head.secondCount},
                            {(void *)data, count}};
  int saved = errno;
  if (REAL(writev)(log_, pieces, 4) != (ssize_t)(sizeof head + head.nameCount + head.secondCount + count)) abort();
  errno = saved;
}

/* Counts this call; whether it is to fail. */
static int fails(void) {
  long number = callCount++;
  return faultStart >= 0 && number >= faultStart && number - faultStart < faultCount;
}

static int isBelow(const char *path) {
  start();
  return log_ >= 0 && path && !strncmp(path, folder, folderCount) && (path[folderCount] == '/' || !path[folderCount]);
}
static int isOurs(int fd) { return fd >= 0 && fd < descriptorLimit && files[fd] != 0; }

static int openedAt(int at, const char *path, int flags, mode_t mode) {
  if (!isBelow(path)) return REAL(openat)(at, path, flags, mode);
  if (fails() && faultNumber) {
    put('E', 0, 0, path, 0, 0, 0);
    errno = faultNumber;
    return -1;
  }
  struct stat status;
  int wasThere = REAL(fstatat)(at, path, &status, 0) == 0;
  int fd = REAL(openat)(at, path, flags, mode);
  if (fd < 0 || fd >= descriptorLimit || fstat(fd, &status) != 0) return fd;
  files[fd] = status.st_ino;
  isFolder[fd] = S_ISDIR(status.st_mode);
  int isNameless = (flags & O_TMPFILE) == O_TMPFILE;
  put(wasThere || isNameless ? 'O' : 'C', status.st_ino, 0, isNameless ? 0 : path, 0, 0, 0);
  if (wasThere && flags & O_TRUNC) put('L', status.st_ino, 0, 0, 0, 0, 0);
  return fd;
}

#define MODE(flags) ({ va_list rest; va_start(rest, flags); \
  mode_t mode = (flags) & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; va_end(rest); mode; })
int open(const char *path, int flags, ...) { return openedAt(AT_FDCWD, path, flags, MODE(flags)); }
int open64(const char *path, int flags, ...) { return openedAt(AT_FDCWD, path, flags, MODE(flags)); }
int openat(int at, const char *path, int flags, ...) { return openedAt(at, path, flags, MODE(flags)); }
int openat64(int at, const char *path, int flags, ...) { return openedAt(at, path, flags, MODE(flags)); }

/* How many bytes a write may take; -1 with errno where it is to fail. */
static ssize_t allowance(int fd, size_t count) {
  if (pieceLimit > 0 && count > (size_t)pieceLimit) count = pieceLimit;
  if (!fails()) return count;
  if (!faultNumber) return count > 1 ? count / 2 : count;
  put('E', files[fd], 0, 0, 0, 0, 0);
  errno = faultNumber;
  return -1;
}

static ssize_t writtenAt(int fd, const void *bytes, size_t count, off_t offset) {
  ssize_t allowed = allowance(fd, count);
  if (allowed < 0) return -1;
  ssize_t written = REAL(pwrite)(fd, bytes, allowed, offset);
  if (written > 0) put('W', files[fd], offset, 0, 0, bytes, written);
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return isOurs(fd) ? writtenAt(fd, bytes, count, offset) : REAL(pwrite)(fd, bytes, count, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

static off_t position(int fd) {
  struct stat status;
  if (fcntl(fd, F_GETFL) & O_APPEND) return fstat(fd, &status) ? 0 : status.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  start();
  if (fd == acknowledgements && fd >= 0) put('A', 0, 0, 0, 0, bytes, count);
  if (!isOurs(fd)) return REAL(write)(fd, bytes, count);
  ssize_t allowed = allowance(fd, count);
  if (allowed < 0) return -1;
  off_t offset = position(fd);
  ssize_t written = REAL(write)(fd, bytes, allowed);
  if (written > 0) put('W', files[fd], offset, 0, 0, bytes, written);
  return written;
}

/* One piece at a time is what the kernel may do as well. */
ssize_t writev(int fd, const struct iovec *pieces, int count) {
  if (!isOurs(fd)) return REAL(writev)(fd, pieces, count);
  for (int i = 0; i < count; i++)
    if (pieces[i].iov_len) return write(fd, pieces[i].iov_base, pieces[i].iov_len);
  return 0;
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
  if (!isOurs(fd)) return REAL(pwritev)(fd, pieces, count, offset);
  for (int i = 0; i < count; i++)
    if (pieces[i].iov_len) return pwrite(fd, pieces[i].iov_base, pieces[i].iov_len, offset);
  return 0;
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off_t offset) {
  return pwritev(fd, pieces, count, offset);
}

int ftruncate(int fd, off_t length) {
  if (isOurs(fd) && fails() && faultNumber) {
    put('E', files[fd], 0, 0, 0, 0, 0);
    errno = faultNumber;
    return -1;
  }
  int result = REAL(ftruncate)(fd, length);
  if (!result && isOurs(fd)) put('L', files[fd], length, 0, 0, 0, 0);
  return result;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int synced(int fd, int (*sync)(int)) {
  if (!isOurs(fd)) return sync(fd);
  if (fails() && faultNumber) {
    /* After this the kernel may call the pages clean although the disk never got them. */
    if (faultNumber != EINTR) put('F', files[fd], 0, 0, 0, 0, 0);
    errno = faultNumber;
    return -1;
  }
  if (isFolder[fd] ? forgetsFolders : forgetsData) return 0;
  /* The real thing would only cost time: what is kept is decided by whoever reads the log. */
  put(isFolder[fd] ? 'D' : 'S', files[fd], 0, 0, 0, 0, 0);
  return 0;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int rename(const char *from, const char *to) {
  int ours = isBelow(from);
  if (ours && fails() && faultNumber) return errno = faultNumber, -1;
  int result = REAL(rename)(from, to);
  if (!result && ours) put('R', 0, 0, from, to, 0, 0);
  return result;
}
int renameat(int fromFolder, const char *from, int toFolder, const char *to) {
  int result = REAL(renameat)(fromFolder, from, toFolder, to);
  if (!result && isBelow(from)) put('R', 0, 0, from, to, 0, 0);
  return result;
}
int linkat(int fromFolder, const char *from, int toFolder, const char *to, int flags) {
  struct stat status;
  int ours = isBelow(to);
  if (ours && fails() && faultNumber) {
    put('E', 0, 0, to, 0, 0, 0);
    errno = faultNumber;
    return -1;
  }
  int result = REAL(linkat)(fromFolder, from, toFolder, to, flags);
  if (!result && ours && !stat(to, &status)) put('K', status.st_ino, 0, to, 0, 0, 0);
  return result;
}
int unlink(const char *path) {
  int result = REAL(unlink)(path);
  if (!result && isBelow(path)) put('U', 0, 0, path, 0, 0, 0);
  return result;
}
int unlinkat(int at, const char *path, int flags) {
  int result = REAL(unlinkat)(at, path, flags);
  if (!result && isBelow(path)) put('U', 0, 0, path, 0, 0, 0);
  return result;
}
int close(int fd) {
  if (isOurs(fd)) {
    put('X', files[fd], 0, 0, 0, 0, 0);
    files[fd] = 0;
  }
  return REAL(close)(fd);
}
