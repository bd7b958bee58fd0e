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
