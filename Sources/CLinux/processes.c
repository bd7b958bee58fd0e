// What the C library says of processes only to those who ask for its GNU extensions.
#define _GNU_SOURCE 1
#include "CLinux.h"
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int clinux_replace_descriptor(int descriptor, int replacement) {
    return dup3(replacement, descriptor, O_CLOEXEC);
}

int clinux_processor_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

struct sibling {
    const char *path;
    char *const *arguments;
    char *const *variables;
    const int *descriptors;
    size_t count;
    int error;
};

// Runs in the memory of the process that waits for it: nothing here may allocate, or take a lock.
static int become(void *argument) {
    struct sibling *sibling = argument;
    struct sigaction none = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &none, NULL);
    for (size_t index = 0; index < sibling->count; index++) fcntl(sibling->descriptors[index], F_SETFD, 0);
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigprocmask(SIG_SETMASK, &unblocked, NULL);
    execvpe(sibling->path, sibling->arguments, sibling->variables);
    sibling->error = errno;
    _exit(127);
}

int clinux_spawn_sibling(const char *path, char *const arguments[], char *const variables[], const int *descriptors, size_t count, int *process) {
    const size_t size = 256 << 10;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -1;
    struct sibling sibling = {path, arguments, variables, descriptors, count, 0};
    // A handler of this process must not run in the new one, which shares its memory.
    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    int handle = -1;
    *process = clone(become, stack + size, CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD | SIGCHLD, &sibling, &handle);
    int error = *process < 0 ? errno : sibling.error;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    munmap(stack, size);
    if (error == 0) return handle;
    if (*process >= 0) close(handle);
    errno = error;
    return -1;
}

int clinux_kill(int handle, int signal_number) {
    return (int)syscall(SYS_pidfd_send_signal, handle, signal_number, NULL, 0);
}

const char *clinux_signal_name(int signal_number) { return sigabbrev_np(signal_number); }
