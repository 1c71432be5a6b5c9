/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the headers of this system say about KVM on powerpc, if they are those of powerpc. */
#include "tests/abi/ppc-facts.h"

#ifdef __powerpc64__
#include <linux/kvm.h>

#define SIZE(structure, type) { "sizeof(" #type ")", sizeof(struct structure), 0 },
#define RENAMED(structure, member, type, our)                                                                \
    { #type "." #our, offsetof(struct structure, member), sizeof(((struct structure *)0)->member) },
#define MEMBER(structure, type, member) RENAMED(structure, member, type, member)
#define VALUE(constant, our)            { #our, (constant), 0 },

static const AbiFact facts[] = { ABI_PPC(SIZE, MEMBER, RENAMED, VALUE) };
const AbiGroup system_PPC = { NULL, facts, sizeof(facts) / sizeof(facts[0]) };
#else
const AbiGroup system_PPC = { "<asm/kvm.h> is not that of powerpc", NULL, 0 };
#endif
