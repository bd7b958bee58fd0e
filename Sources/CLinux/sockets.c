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

int clinux_peer_credentials(int descriptor, struct clinux_credentials *credentials) {
    struct ucred found;
    socklen_t length = sizeof found;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &found, &length) != 0) return -1;
    *credentials = (struct clinux_credentials){found.pid, found.uid, found.gid};
    return 0;
}

int clinux_peer_groups(int descriptor, gid_t *groups, int capacity) {
    socklen_t length = (socklen_t)capacity * sizeof(gid_t);
    // On ERANGE the kernel has written the length that is needed.
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE) return -1;
    return (int)(length / sizeof(gid_t));
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
