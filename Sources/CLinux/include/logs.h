// Writing to where logs go, without waiting for whoever reads there.
// Every function gives -1 and sets errno when it fails: EAGAIN if it would have to wait.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// send(2) with MSG_DONTWAIT and MSG_NOSIGNAL: the flags of the socket itself, which other processes may share, stay as they are.
ssize_t clinux_send_without_waiting(int socket, const void *_Nullable bytes, size_t count);

/// write(2) to a pipe or a terminal that may be in blocking mode, which is the mode of everyone who shares it and is left alone.
///
/// A pipe takes all or a part of it (RWF_NOWAIT, since Linux 6.4). A terminal, and on older kernels a pipe, is asked by poll(2) first and
/// then takes PIPE_BUF bytes at most, for which it has room unless another process has filled it in between.
ssize_t clinux_write_without_waiting(int descriptor, int is_pipe, const void *_Nullable bytes, size_t count);

/// sendmsg(2) of one datagram, with MSG_NOSIGNAL.
ssize_t clinux_send_datagram(int socket, const void *_Nullable bytes, size_t count);
/// The same datagram without bytes, and with a descriptor (SCM_RIGHTS).
ssize_t clinux_send_descriptor(int socket, int descriptor);
/// connect(2) to a Unix socket by its path, of 107 bytes at most.
int clinux_connect_unix(int socket, const char *_Nonnull path);
/// A memfd that holds these bytes and is sealed against every change (memfd_create(2)).
int clinux_sealed_memory(const char *_Nonnull name, const void *_Nullable bytes, size_t count);
