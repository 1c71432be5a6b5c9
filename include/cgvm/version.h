/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Which version of the library a program is built with. What it runs with, cgvm_version() tells: a library
 * with the same soname offers all that an older one did.
 */
#ifndef CGVM_VERSION_H
#define CGVM_VERSION_H

/** The version of these headers, a number each. The minor one grows with what is added, the major one with
 * what is taken away. */
#define CGVM_VERSION_MAJOR 0
#define CGVM_VERSION_MINOR 1
#define CGVM_VERSION_PATCH 0

/** Whether these headers are of this version or a later one: `#if CGVM_VERSION_AT_LEAST(0, 2, 0)`. */
#define CGVM_VERSION_AT_LEAST(major, minor, patch)                                                           \
    (CGVM_VERSION_MAJOR > (major) ||                                                                         \
     (CGVM_VERSION_MAJOR == (major) &&                                                                       \
      (CGVM_VERSION_MINOR > (minor) || (CGVM_VERSION_MINOR == (minor) && CGVM_VERSION_PATCH >= (patch)))))

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** The version of the library that the program runs with, "MAJOR.MINOR.PATCH". */
const char *cgvm_version(void);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
