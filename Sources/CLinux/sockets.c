#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "CLinux.h"
#include <stdio.h>
#include <string.h>

const char *clinux_error_text(int number) {
    const char *text = strerrordesc_np(number);
    return text ? text : "Unknown error";
}

int clinux_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int clinux_peer_process(int descriptor) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    return credentials.pid;
}

int clinux_open_path(int directory, const char *name) {
    return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int clinux_change_owner(int path_descriptor, uid_t user, gid_t group) {
    return fchownat(path_descriptor, "", user, group, AT_EMPTY_PATH);
}

int clinux_rename_to_free_name(int directory, const char *from, const char *to) {
    return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
}
