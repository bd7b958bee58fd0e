// Signals as eventfd(2) counts: a handler may do little more than write(2).
#define _GNU_SOURCE 1
#include "CLinux.h"
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

// Descriptor plus one, so that zero-initialised places are free.
static atomic_int watchers[NSIG][CLINUX_SIGNAL_WATCHERS];

// Handlers that are running, in whatever thread: a descriptor may be closed only when none can still write to it.
static atomic_int running;

// The process that the handlers belong to. A child that it has forked inherits them and the descriptors, but not their meaning.
static atomic_int owner;

static void on_signal(int signal_number) {
    int saved_errno = errno;
    if (getpid() != atomic_load(&owner)) {
        struct sigaction usual = {0};
        usual.sa_handler = SIG_DFL;
        sigaction(signal_number, &usual, NULL);
        // Delivered once this handler has returned.
        kill(getpid(), signal_number);
        errno = saved_errno;
        return;
    }
    atomic_fetch_add(&running, 1);
    uint64_t one = 1;
    for (int place = 0; place < CLINUX_SIGNAL_WATCHERS; place++) {
        int descriptor = atomic_load(&watchers[signal_number][place]) - 1;
        if (descriptor >= 0) {
            ssize_t ignored = write(descriptor, &one, sizeof one);
            (void)ignored;
        }
    }
    atomic_fetch_sub(&running, 1);
    errno = saved_errno;
}

int clinux_signal_add_watcher(int signal_number, int descriptor) {
    if (signal_number <= 0 || signal_number >= NSIG) return -1;
    for (int place = 0; place < CLINUX_SIGNAL_WATCHERS; place++) {
        int free_place = 0;
        if (atomic_compare_exchange_strong(&watchers[signal_number][place], &free_place, descriptor + 1)) return 0;
    }
    return -1;
}

void clinux_signal_remove_watcher(int signal_number, int descriptor) {
    if (signal_number <= 0 || signal_number >= NSIG) return;
    for (int place = 0; place < CLINUX_SIGNAL_WATCHERS; place++) {
        int expected = descriptor + 1;
        atomic_compare_exchange_strong(&watchers[signal_number][place], &expected, 0);
    }
    while (atomic_load(&running) > 0) sched_yield();
}

int clinux_signal_install(int signal_number, struct sigaction *previous) {
    struct sigaction action = {0};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    atomic_store(&owner, getpid());
    return sigaction(signal_number, &action, previous);
}

int clinux_signal_restore(int signal_number, const struct sigaction *previous) {
    return sigaction(signal_number, previous, NULL);
}
