// What files need of Linux beyond POSIX: these calls and constants hide behind _GNU_SOURCE, or have no function in the C library.
// Every function gives -1 and sets errno when it fails.
#pragma once

/// Opens what `path` names beneath a directory, for reading and without waiting for anybody; nothing in the path leads out of the directory (openat2(2)
/// with RESOLVE_BENEATH), and unless `follows_links` no part of it may be a symbolic link (ELOOP). ENOSYS on kernels before 5.6.
int clinux_open_beneath(int directory, const char *_Nonnull path, int follows_links);

/// The same for one name in the directory, which may not be a symbolic link (ELOOP), on every kernel.
int clinux_open_name(int directory, const char *_Nonnull name);

/// The same for an absolute path, none of whose parts may be a symbolic link (openat2(2)).
int clinux_open_without_links(const char *_Nonnull path);

/// Whether an open descriptor's file may be read through it; 0 or 1.
int clinux_is_readable(int descriptor);

/// A descriptor that names a directory (O_PATH), which symbolic links may lead to.
int clinux_name_directory(const char *_Nonnull path);
