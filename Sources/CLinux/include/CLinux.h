// Linux system calls and thread-local storage that Swift cannot spell by itself.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "files.h"
#include "logs.h"
#include "rights.h"
#include "sockets.h"

/// The executor whose loop the calling thread runs; NULL on every other thread.
extern _Thread_local void *_Nullable clinux_current_loop_storage;
static inline void *_Nullable clinux_current_loop(void) { return clinux_current_loop_storage; }
static inline void clinux_set_current_loop(void *_Nullable loop) { clinux_current_loop_storage = loop; }

/// Names the calling thread, in at most 15 bytes, for ps(1) and debuggers.
void clinux_name_thread(const char *_Nonnull name);

/// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC; the peer's address is not asked for.
int clinux_accept(int descriptor);

/// send(2) with MSG_NOSIGNAL, by the bare system call: the library's is a point of cancellation, which costs where there are several threads.
static inline ssize_t clinux_send(int descriptor, const void *_Nullable bytes, size_t count) {
    return syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
}

/// recv(2), the same way: of a socket it takes less than read(2), which goes through what all files share.
static inline ssize_t clinux_receive(int descriptor, void *_Nonnull bytes, size_t count) {
    return syscall(SYS_recvfrom, descriptor, bytes, count, 0, NULL, NULL);
}

/// send(2) with MSG_NOSIGNAL of what more follows behind at once: TCP waits for it before it sends a segment that is not full (MSG_MORE).
static inline ssize_t clinux_send_more(int descriptor, const void *_Nullable bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_MORE);
}

/// sendfile(2) to a socket, from `*offset` on, which is moved; without the SIGPIPE that the call has no flag against.
ssize_t clinux_send_file(int descriptor, int file, off_t *_Nonnull offset, size_t count);

/// sendmsg(2) of up to three pieces, with MSG_NOSIGNAL; empty pieces are left out.
ssize_t clinux_send3(int descriptor,
                     const void *_Nullable first, size_t first_count,
                     const void *_Nullable second, size_t second_count,
                     const void *_Nullable third, size_t third_count);

/// How many descriptors may watch one signal at once.
#define CLINUX_SIGNAL_WATCHERS 16

/// Makes the handler of `signal_number` add one to the eventfd(2) `descriptor` each time the signal comes.
/// Returns 0, or -1 when every place for a watcher is taken.
int clinux_signal_add_watcher(int signal_number, int descriptor);
/// Undoes `clinux_signal_add_watcher`; on return no handler writes to `descriptor` any more.
void clinux_signal_remove_watcher(int signal_number, int descriptor);
/// Installs the handler and stores the disposition it replaces in `previous`; returns what sigaction(2) returns.
int clinux_signal_install(int signal_number, struct sigaction *_Nonnull previous);
int clinux_signal_restore(int signal_number, const struct sigaction *_Nonnull previous);

/// Makes `descriptor`, in one step, a name for what `replacement` names; dup3(2) with O_CLOEXEC.
int clinux_replace_descriptor(int descriptor, int replacement);
/// Starts a program as a child of this process's own parent, with default dispositions of all signals and none blocked; these descriptors lose their
/// flag to be closed. Returns a pidfd for it, closed on exec, and stores its number; or -1 with errno set.
int clinux_spawn_sibling(const char *_Nonnull path, char *const _Nullable *_Nonnull arguments, char *const _Nullable *_Nonnull variables,
                         const int *_Nonnull descriptors, size_t count, int *_Nonnull process);
/// Sends a signal to the process of a pidfd (pidfd_send_signal(2)).
int clinux_kill(int handle, int signal_number);
/// How many processors the process may run on (sched_getaffinity(2)).
int clinux_processor_count(void);
/// `SEGV` for SIGSEGV (sigabbrev_np(3)); NULL for a number that has no name.
const char *_Nullable clinux_signal_name(int signal_number);
