// What a process may do, and which processes there are: Linux calls that hide behind _GNU_SOURCE or take any number of arguments.
// Every function that returns an int gives -1 and sets errno when it fails, if nothing else is said.
#pragma once
#include <stddef.h>
#include <sys/types.h>

/// getresuid(2), getresgid(2): the real, the effective and the saved id.
int clinux_user_ids(uid_t ids[_Nonnull 3]);
int clinux_group_ids(gid_t ids[_Nonnull 3]);

/// setresuid(2), setresgid(2) of all three ids, in every thread (nptl(7)).
int clinux_set_user_ids(uid_t user);
int clinux_set_group_ids(gid_t group);

/// setresuid(2), setresgid(2) of the effective id alone.
int clinux_set_effective_user(uid_t user);
int clinux_set_effective_group(gid_t group);

/// setgroups(2), in every thread.
int clinux_set_groups(const gid_t *_Nullable groups, size_t count);

/// PR_SET_NO_NEW_PRIVS (PR_SET_NO_NEW_PRIVS(2const)): for the calling thread, and for the program that takes the place of this one.
int clinux_set_no_new_privileges(void);
/// Whether the calling thread has it; 0 or 1.
int clinux_has_no_new_privileges(void);

/// 1 if there is a process with this id, whoever's it is; 0 if not. A thread that is not the first of its process has no process id.
int clinux_process_exists(pid_t process);
