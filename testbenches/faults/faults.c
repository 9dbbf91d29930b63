// SPDX-License-Identifier: Apache-2.0
// A library to be preloaded (LD_PRELOAD) into a program, in which it lets one call of the operating
// system or of the allocator fail.
//
//   TOPKIMA_FAULT=KIND:N     the N-th call of this kind fails, counted from the beginning of main
//   TOPKIMA_FAULT=KIND:N+    and so do all behind it
//   TOPKIMA_FAULT_COUNTS=F   F, a file of 8 bytes for each kind and 8 more, has in it how many
//   calls
//                            of each there were, in the order of `kinds`, and how many were let
//                            fail
//
// Children of the program count on where it is, so that their calls have numbers, too. Calls of the
// allocator by libraries that use what they get without a look (`trusting`) succeed: nothing that
// calls those libraries can mend that. Their `new`, which throws, may fail. Of mappings that goes
// for the one library that writes code into them; those of stacks may fail.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { ALLOC, MAP, OPEN, READ, WRITE, RENAME, PLACE, PROCESS, KINDS };
static const char* const kinds[KINDS] = {"alloc", "map",    "open",  "read",
                                         "write", "rename", "place", "process"};

static struct counts { uint64_t calls[KINDS], failed; } own_counts, *counts = &own_counts;

static int armed, chosen = -1, all_behind;
static uint64_t place;

static void choose(void) {
  const char* given = getenv("TOPKIMA_FAULT");
  const char* colon = given ? strchr(given, ':') : NULL;
  for (int kind = 0; colon && kind < KINDS; ++kind)
    if (strlen(kinds[kind]) == (size_t)(colon - given) &&
        strncmp(kinds[kind], given, (size_t)(colon - given)) == 0)
      chosen = kind;
  if (given && chosen < 0) abort();
  char* end = NULL;
  if (given) place = strtoull(colon + 1, &end, 10);
  all_behind = end && *end == '+';
  const char* shared = getenv("TOPKIMA_FAULT_COUNTS");
  const int file = shared ? open(shared, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) counts = mapped;
}

/// Whether this call is to fail.
static int fails(enum kind kind) {
  if (!armed) return 0;
  const uint64_t number = __atomic_add_fetch(&counts->calls[kind], 1, __ATOMIC_RELAXED);
  if ((int)kind != chosen || !(number == place || (all_behind && number > place))) return 0;
  __atomic_add_fetch(&counts->failed, 1, __ATOMIC_RELAXED);
  return 1;
}

typedef int (*main_function)(int, char**, char**);
static main_function real_main;

enum { STACKS, CODE };
static const char* const trusting[] = {[STACKS] = "/libsystemc", [CODE] = "/libdnnl"};
static struct {
  int library;
  uintptr_t begin, end;
} trusted[16];
static int trusted_count;

static int note_trusting(struct dl_phdr_info* library, size_t size, void* nothing) {
  for (size_t i = 0; i < sizeof trusting / sizeof *trusting; ++i)
    for (int part = 0; strstr(library->dlpi_name, trusting[i]) && part < library->dlpi_phnum;
         ++part) {
      const ElfW(Phdr)* header = &library->dlpi_phdr[part];
      if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || trusted_count == 16) continue;
      trusted[trusted_count].library = (int)i;
      trusted[trusted_count].begin = library->dlpi_addr + header->p_vaddr;
      trusted[trusted_count].end = trusted[trusted_count].begin + header->p_memsz;
      ++trusted_count;
    }
  return (void)size, (void)nothing, 0;
}

/// The trusting library that the caller lies in, or -1.
static int trusting_library(const void* caller) {
  for (int i = 0; i < trusted_count; ++i)
    if ((uintptr_t)caller >= trusted[i].begin && (uintptr_t)caller < trusted[i].end)
      return trusted[i].library;
  return -1;
}

static int armed_main(int argc, char** argv, char** environment) {
  armed = 1;
  return real_main(argc, argv, environment);
}

int __libc_start_main(main_function program, int argc, char** argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack_end) {
  int (*real)(main_function, int, char**, void (*)(void), void (*)(void), void (*)(void), void*) =
      dlsym(RTLD_NEXT, "__libc_start_main");
  choose();
  dl_iterate_phdr(note_trusting, NULL);
  real_main = program;
  return real(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}

// The allocator, by the names under which the C library has it besides: to look for it by dlsym
// would allocate.

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static int no_memory(const void* caller) {
  const int yes = trusting_library(caller) < 0 && fails(ALLOC);
  if (yes) errno = ENOMEM;
  return yes;
}
#define NO_MEMORY no_memory(__builtin_return_address(0))

void* malloc(size_t size) { return NO_MEMORY ? NULL : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return NO_MEMORY ? NULL : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) { return NO_MEMORY ? NULL : __libc_realloc(old, size); }
void* memalign(size_t to, size_t size) { return NO_MEMORY ? NULL : __libc_memalign(to, size); }
void* aligned_alloc(size_t to, size_t size) { return NO_MEMORY ? NULL : __libc_memalign(to, size); }
int posix_memalign(void** result, size_t to, size_t size) {
  if (NO_MEMORY) return ENOMEM;
  void* memory = __libc_memalign(to, size);
  if (memory) *result = memory;
  return memory ? 0 : ENOMEM;
}

// Everything else is looked up when it is first called, and fails as its page in section 2 or 3 of
// the manual has it.
#define FAULTY(kind, error, result, failure, name, parameters, arguments) \
  result name parameters {                                                \
    static result(*real) parameters;                                      \
    if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);      \
    if (fails(kind)) {                                                    \
      errno = error;                                                      \
      return failure;                                                     \
    }                                                                     \
    return real arguments;                                                \
  }

#define FAULTY_MAP(name)                                                                       \
  void* name(void* at, size_t size, int protection, int flags, int file, off_t from) {         \
    static void* (*real)(void*, size_t, int, int, int, off_t);                                 \
    if (!real) real = (void* (*)(void*, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, #name); \
    if (trusting_library(__builtin_return_address(0)) != CODE && fails(MAP)) {                 \
      errno = ENOMEM;                                                                          \
      return MAP_FAILED;                                                                       \
    }                                                                                          \
    return real(at, size, protection, flags, file, from);                                      \
  }
FAULTY_MAP(mmap)
FAULTY_MAP(mmap64)
// Not where access is given back, which SystemC takes to succeed when a stack goes.
int mprotect(void* at, size_t size, int protection) {
  static int (*real)(void*, size_t, int);
  if (!real) real = (int (*)(void*, size_t, int))dlsym(RTLD_NEXT, "mprotect");
  if (protection == (PROT_READ | PROT_WRITE) ||
      trusting_library(__builtin_return_address(0)) == CODE || !fails(MAP))
    return real(at, size, protection);
  errno = ENOMEM;
  return -1;
}

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}
#define FAULTY_OPEN(name)                                                      \
  int name(const char* path, int flags, ...) {                                 \
    static int (*real)(const char*, int, ...);                                 \
    if (!real) real = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, #name); \
    va_list arguments;                                                         \
    va_start(arguments, flags);                                                \
    const mode_t mode = mode_of(flags, arguments);                             \
    va_end(arguments);                                                         \
    if (fails(OPEN)) {                                                         \
      errno = EMFILE;                                                          \
      return -1;                                                               \
    }                                                                          \
    return real(path, flags, mode);                                            \
  }
FAULTY_OPEN(open)
FAULTY_OPEN(open64)
#define FAULTY_OPENAT(name)                                                         \
  int name(int directory, const char* path, int flags, ...) {                       \
    static int (*real)(int, const char*, int, ...);                                 \
    if (!real) real = (int (*)(int, const char*, int, ...))dlsym(RTLD_NEXT, #name); \
    va_list arguments;                                                              \
    va_start(arguments, flags);                                                     \
    const mode_t mode = mode_of(flags, arguments);                                  \
    va_end(arguments);                                                              \
    if (fails(OPEN)) {                                                              \
      errno = EMFILE;                                                               \
      return -1;                                                                    \
    }                                                                               \
    return real(directory, path, flags, mode);                                      \
  }
FAULTY_OPENAT(openat)
FAULTY_OPENAT(openat64)
FAULTY(OPEN, EMFILE, FILE*, NULL, fopen, (const char* path, const char* mode), (path, mode))
FAULTY(OPEN, EMFILE, FILE*, NULL, fopen64, (const char* path, const char* mode), (path, mode))
FAULTY(OPEN, ENOMEM, FILE*, NULL, fdopen, (int file, const char* mode), (file, mode))
FAULTY(OPEN, EMFILE, DIR*, NULL, opendir, (const char* path), (path))
FAULTY(OPEN, EMFILE, int, -1, dup, (int file), (file))
FAULTY(OPEN, EMFILE, int, -1, mkostemp, (char* path, int flags), (path, flags))
FAULTY(OPEN, ENOSPC, char*, NULL, mkdtemp, (char* path), (path))
FAULTY(OPEN, ENOSPC, int, -1, mkdir, (const char* path, mode_t mode), (path, mode))

FAULTY(READ, EIO, ssize_t, -1, read, (int file, void* data, size_t size), (file, data, size))
FAULTY(READ, EIO, ssize_t, -1, pread, (int file, void* data, size_t size, off_t from),
       (file, data, size, from))
FAULTY(READ, EIO, ssize_t, -1, pread64, (int file, void* data, size_t size, off_t from),
       (file, data, size, from))
FAULTY(READ, EIO, struct dirent*, NULL, readdir, (DIR * directory), (directory))
FAULTY(READ, EIO, ssize_t, -1, readlink, (const char* path, char* to, size_t size),
       (path, to, size))
FAULTY(READ, EIO, off_t, -1, lseek, (int file, off_t to, int from), (file, to, from))
FAULTY(READ, EIO, int, -1, fstat, (int file, struct stat* status), (file, status))
FAULTY(READ, EIO, int, -1, stat, (const char* path, struct stat* status), (path, status))
FAULTY(READ, EIO, int, -1, lstat, (const char* path, struct stat* status), (path, status))

// Of a stream the error must be seen afterwards, too.
static void spoil(FILE* stream) {
  stream->_flags |= 0x20;  // _IO_ERR_SEEN
  errno = EIO;
}
size_t fread(void* data, size_t size, size_t count, FILE* stream) {
  static size_t (*real)(void*, size_t, size_t, FILE*);
  if (!real) real = (size_t(*)(void*, size_t, size_t, FILE*))dlsym(RTLD_NEXT, "fread");
  if (!fails(READ)) return real(data, size, count, stream);
  spoil(stream);
  return 0;
}
size_t fwrite(const void* data, size_t size, size_t count, FILE* stream) {
  static size_t (*real)(const void*, size_t, size_t, FILE*);
  if (!real) real = (size_t(*)(const void*, size_t, size_t, FILE*))dlsym(RTLD_NEXT, "fwrite");
  if (!fails(WRITE)) return real(data, size, count, stream);
  spoil(stream);
  return 0;
}
int fflush(FILE* stream) {
  static int (*real)(FILE*);
  if (!real) real = (int (*)(FILE*))dlsym(RTLD_NEXT, "fflush");
  if (!stream || !fails(WRITE)) return real(stream);
  spoil(stream);
  return EOF;
}

FAULTY(WRITE, ENOSPC, ssize_t, -1, write, (int file, const void* data, size_t size),
       (file, data, size))
FAULTY(WRITE, ENOSPC, ssize_t, -1, writev, (int file, const struct iovec* parts, int count),
       (file, parts, count))
// Closed it is all the same.
int close(int file) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "close");
  const int failure = fails(WRITE), result = real(file);
  if (failure) errno = EIO;
  return failure ? -1 : result;
}
FAULTY(WRITE, EIO, int, -1, ftruncate, (int file, off_t size), (file, size))
FAULTY(WRITE, EIO, int, -1, ftruncate64, (int file, off_t size), (file, size))
FAULTY(WRITE, EIO, int, -1, fsync, (int file), (file))

FAULTY(RENAME, EIO, int, -1, rename, (const char* from, const char* to), (from, to))
FAULTY(RENAME, EIO, int, -1, renameat, (int one, const char* from, int other, const char* to),
       (one, from, other, to))
FAULTY(RENAME, EIO, int, -1, renameat2,
       (int one, const char* from, int other, const char* to, unsigned flags),
       (one, from, other, to, flags))

FAULTY(PLACE, EIO, int, -1, unlink, (const char* path), (path))
FAULTY(PLACE, EIO, int, -1, unlinkat, (int directory, const char* path, int flags),
       (directory, path, flags))
FAULTY(PLACE, EIO, int, -1, rmdir, (const char* path), (path))
FAULTY(PLACE, EIO, int, -1, remove, (const char* path), (path))
FAULTY(PLACE, ENOLCK, int, -1, flock, (int file, int how), (file, how))
FAULTY(PLACE, EACCES, char*, NULL, getcwd, (char* to, size_t size), (to, size))
FAULTY(PLACE, EACCES, int, -1, access, (const char* path, int mode), (path, mode))

FAULTY(PROCESS, EAGAIN, pid_t, -1, fork, (void), ())
FAULTY(PROCESS, EMFILE, int, -1, pipe, (int ends[2]), (ends))
FAULTY(PROCESS, EMFILE, int, -1, pipe2, (int ends[2], int flags), (ends, flags))
FAULTY(PROCESS, EINTR, int, -1, poll, (struct pollfd * files, nfds_t count, int limit),
       (files, count, limit))
FAULTY(PROCESS, EINTR, pid_t, -1, waitpid, (pid_t child, int* status, int options),
       (child, status, options))
FAULTY(PROCESS, ENOENT, int, -1, execvp, (const char* program, char* const arguments[]),
       (program, arguments))
FAULTY(PROCESS, EAGAIN, int, EAGAIN, pthread_create,
       (pthread_t * thread, const pthread_attr_t* attributes, void* (*work)(void*), void* about),
       (thread, attributes, work, about))
