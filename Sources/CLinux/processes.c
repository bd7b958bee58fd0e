// What the C library says of processes only to those who ask for its GNU extensions.
#define _GNU_SOURCE 1
#include "CLinux.h"
#include <sched.h>
#include <string.h>

int clinux_replace_descriptor(int descriptor, int replacement) {
    return dup3(replacement, descriptor, O_CLOEXEC);
}

int clinux_processor_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

const char *clinux_signal_name(int signal_number) { return sigabbrev_np(signal_number); }
