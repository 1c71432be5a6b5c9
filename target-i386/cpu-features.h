/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * CPU features: the bits of CPUID that -cpu turns on and off, by QEMU's names and by their places.
 */
#ifndef TARGET_I386_CPU_FEATURES_H
#define TARGET_I386_CPU_FEATURES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/** A register of CPUID that holds features. */
typedef enum X86FeatureWord {
    X86_WORD_1_ECX,
    X86_WORD_1_EDX,
    X86_WORD_6_EAX,
    X86_WORD_7_0_EBX,
    X86_WORD_7_0_ECX,
    X86_WORD_7_0_EDX,
    X86_WORD_7_1_EAX,
    X86_WORD_7_1_EDX,
    X86_WORD_7_2_EDX,
    X86_WORD_D_1_EAX,
    X86_WORD_80000001_ECX,
    X86_WORD_80000001_EDX,
    X86_WORD_80000007_EBX,
    X86_WORD_80000007_EDX,
    X86_WORD_80000008_EBX,
    X86_WORD_8000000A_EDX,
    X86_WORD_80000021_EAX,
    X86_WORD_80000022_EAX,
    X86_WORD__COUNT,
} X86FeatureWord;

/** Where such a register is. */
typedef struct X86FeatureRegister {
    uint32_t function;
    bool has_index; /* whether the function has several indices */
    uint32_t index;
    char name; /* 'a' to 'd': EAX to EDX */
} X86FeatureRegister;

/** One bit. */
typedef struct X86Feature {
    X86FeatureWord word;
    unsigned bit;
} X86Feature;

/** A set of features. */
typedef struct X86Features {
    uint32_t words[X86_WORD__COUNT];
} X86Features;

/** Where the register @p word is. */
const X86FeatureRegister *x86_feature_register(X86FeatureWord word);

/** The register that CPUID @p function, @p index returns as @p name ('a' to 'd'). False if it holds no
 * features. */
bool x86_feature_word_find(uint32_t function, uint32_t index, char name, X86FeatureWord *ret_word);

/** What to call the register @p place in messages: "CPUID 0x7 index 0 EBX". To be freed. */
char *x86_feature_register_text(const X86FeatureRegister *place);

/** The name of bit @p bit of @p word, or NULL if QEMU has none for it. */
const char *x86_feature_name(X86FeatureWord word, unsigned bit);

/** The feature called @p name: QEMU's name or one of its other spellings. `_` is as good as `-`. */
bool x86_feature_find(const char *name, X86Feature *ret_feature);

/** What to say about @p name, which is no feature: "; did you mean 'X'?", or an empty string. To be freed. */
char *x86_feature_near_miss(const char *name);

/** Whether @p feature is in @p set. */
bool x86_features_have(const X86Features *set, X86Feature feature);

/** Puts @p feature into @p set, or takes it out. */
void x86_features_set(X86Features *set, X86Feature feature, bool on);

/**
 * Puts each feature that @p names lists, separated by spaces, into @p set; a name after '-' is taken out. For
 * tables: a name that does not exist is a bug.
 */
void x86_features_change(X86Features *set, const char *names);

/** Makes 0x80000001 EDX repeat the bits of 1 EDX that AMD has at both places. */
void x86_features_repeat(X86Features *set);

/** Whether @p set has no feature. */
bool x86_features_empty(const X86Features *set);

/** What is in @p set but not in @p other. */
X86Features x86_features_without(const X86Features *set, const X86Features *other);

/** What is in both. */
X86Features x86_features_both(const X86Features *set, const X86Features *other);

/** What is in one or both. */
X86Features x86_features_either(const X86Features *set, const X86Features *other);

/**
 * The names in @p set, each between @p before and @p after, separated by @p separator; bits without a name
 * are left out. To be freed.
 */
char *x86_features_text(const X86Features *set, const char *before, const char *separator, const char *after);

#endif
