/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* target-ppc/kvm-ppc-abi.h against the headers of this system, on powerpc. */
#include <glib.h>
#include "target-ppc/kvm-ppc-abi.h"
#include "tests/abi/ppc-facts.h"

#define SIZE(structure, type) { "sizeof(" #type ")", sizeof(type), 0 },
#define RENAMED(structure, member, type, our)                                                                \
    { #type "." #our, offsetof(type, our), sizeof(((type *)0)->our) },
#define MEMBER(structure, type, member) RENAMED(structure, member, type, member)
#define VALUE(constant, our)            { #our, (our), 0 },

static const AbiFact facts[] = { ABI_PPC(SIZE, MEMBER, RENAMED, VALUE) };

static void test_ppc(void)
{
    if (system_PPC.skipped) {
        g_test_skip(system_PPC.skipped);
        return;
    }
    g_assert_cmpuint(G_N_ELEMENTS(facts), ==, system_PPC.n_facts);
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
        const AbiFact *its = &system_PPC.facts[i];

        g_assert_cmpstr(facts[i].name, ==, its->name);
        if (facts[i].value != its->value || facts[i].size != its->size) {
            g_test_message("%s: ours is %#llx (size %llu), the system's %#llx (size %llu)", facts[i].name,
                           facts[i].value, facts[i].size, its->value, its->size);
            g_test_fail();
        }
    }
    g_test_message("%zu facts compared", G_N_ELEMENTS(facts));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/abi/ppc", test_ppc);
    return g_test_run();
}
