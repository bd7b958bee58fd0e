#define _GNU_SOURCE 1
#include "CLinux.h"
#include <pthread.h>

_Thread_local void *clinux_current_loop_storage;

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int clinux_accept(int descriptor) {
    return accept4(descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

ssize_t clinux_send3(int descriptor,
                     const void *first, size_t first_count,
                     const void *second, size_t second_count,
                     const void *third, size_t third_count) {
    struct iovec pieces[3];
    struct msghdr message = {0};
    size_t count = 0;
    if (first_count > 0) pieces[count++] = (struct iovec){(void *)first, first_count};
    if (second_count > 0) pieces[count++] = (struct iovec){(void *)second, second_count};
    if (third_count > 0) pieces[count++] = (struct iovec){(void *)third, third_count};
    if (count == 1) return send(descriptor, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

ssize_t clinux_send_file(int descriptor, int file, off_t *offset, size_t count) {
    // Blocked, the signal waits for this thread, and is taken back before anybody sees it.
    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t sent = sendfile(descriptor, file, offset, count);
    int number = errno;
    // A peer that goes while the call is under way raises it too, though the call then returns what was sent before.
    if (sent < (ssize_t)count) {
        const struct timespec none = {0};
        while (sigtimedwait(&pipe, NULL, &none) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return sent;
}
