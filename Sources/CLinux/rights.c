#define _GNU_SOURCE 1
#include "rights.h"
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_user_ids(uid_t ids[3]) { return getresuid(&ids[0], &ids[1], &ids[2]); }

int clinux_group_ids(gid_t ids[3]) { return getresgid(&ids[0], &ids[1], &ids[2]); }

int clinux_set_user_ids(uid_t user) { return setresuid(user, user, user); }

int clinux_set_group_ids(gid_t group) { return setresgid(group, group, group); }

int clinux_set_effective_user(uid_t user) { return setresuid((uid_t)-1, user, (uid_t)-1); }

int clinux_set_effective_group(gid_t group) { return setresgid((gid_t)-1, group, (gid_t)-1); }

int clinux_set_groups(const gid_t *groups, size_t count) { return setgroups(count, groups); }

int clinux_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L); }

int clinux_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1; }

int clinux_process_exists(pid_t process) {
    // kill(2) takes the ids of threads too; this asks for a thread that leads its own process.
    return syscall(SYS_tgkill, process, process, 0) == 0 || errno == EPERM;
}
