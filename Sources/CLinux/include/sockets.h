// What listening sockets need of Linux beyond POSIX: these calls and constants hide behind _GNU_SOURCE.
// Every function that returns an int gives -1 and sets errno when it fails.
#pragma once
#include <sys/types.h>

/// The untranslated text of an errno value; unlike strerror(3) safe to call from any thread.
const char *_Nonnull clinux_error_text(int number);

/// A stream socket of this address family, nonblocking and closed on exec.
int clinux_stream_socket(int family);

/// Who is at the other end of a connected Unix socket, as of connect(2) or listen(2).
struct clinux_credentials {
    /// 0 when the process lives in a PID namespace that this one can't see.
    pid_t process;
    uid_t user;
    gid_t group;
};

/// SO_PEERCRED (unix(7)).
int clinux_peer_credentials(int descriptor, struct clinux_credentials *_Nonnull credentials);

/// SO_PEERGROUPS: stores up to `capacity` of the supplementary groups of the process at the other end, and returns how many there are.
int clinux_peer_groups(int descriptor, gid_t *_Nullable groups, int capacity);

/// A descriptor that names the file (O_PATH) and, as long as it is open, keeps its inode number from being given to another file.
/// The last component is not followed when it is a symbolic link.
int clinux_open_path(int directory, const char *_Nonnull name);

/// Gives the file that `path_descriptor` names (O_PATH) to another owner; (uid_t)-1 and (gid_t)-1 leave one as it is.
int clinux_change_owner(int path_descriptor, uid_t user, gid_t group);

/// renameat2(2) with RENAME_NOREPLACE within one directory: EEXIST when the new name is taken.
int clinux_rename_to_free_name(int directory, const char *_Nonnull from, const char *_Nonnull to);
