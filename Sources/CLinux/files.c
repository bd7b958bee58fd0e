#define _GNU_SOURCE 1
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

// O_NONBLOCK: a FIFO is to be refused, and not to be waited for.
static const int reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int clinux_open_beneath(int directory, const char *path, int follows_links) {
    struct open_how how = {
        .flags = reading,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (follows_links ? 0 : RESOLVE_NO_SYMLINKS),
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_open_without_links(const char *path) {
    struct open_how how = {.flags = reading, .resolve = RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

int clinux_open_name(int directory, const char *name) { return openat(directory, name, reading | O_NOFOLLOW); }

int clinux_is_readable(int descriptor) {
    int mode = fcntl(descriptor, F_GETFL);
    if (mode < 0) return -1;
    return (mode & O_ACCMODE) != O_WRONLY && !(mode & O_PATH);
}

int clinux_name_directory(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }
