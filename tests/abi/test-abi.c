/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our ABI headers against those of this system, wherever these know the same thing. */
#include <glib.h>
#include "hw/kvm-abi.h"
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-s390x/kvm-s390-abi.h"
#include "tests/abi/abi-facts.h"

#define SIZE(structure, type) { "sizeof(" #type ")", sizeof(type), 0 },
#define RENAMED(structure, member, type, our)                                                                \
    { #type "." #our, offsetof(type, our), sizeof(((type *)0)->our) },
#define MEMBER(structure, type, member) RENAMED(structure, member, type, member)
#define VALUE(constant, our)            { #our, (our), 0 },

#define OUR_FACTS(name, path)                                                                                \
    static const AbiFact name##_facts[] = { ABI_##name(SIZE, MEMBER, RENAMED, VALUE) };
ABI_GROUPS(OUR_FACTS)

typedef struct Comparison {
    const char *path;
    const AbiGroup *system;
    const AbiFact *facts;
    size_t n_facts;
} Comparison;

#define COMPARISON(name, path) { "/abi/" path, &system_##name, name##_facts, G_N_ELEMENTS(name##_facts) },
static const Comparison comparisons[] = { ABI_GROUPS(COMPARISON) };

static void test_group(gconstpointer data)
{
    const Comparison *comparison = data;
    const AbiGroup *system = comparison->system;

    if (system->skipped) {
        g_test_skip(system->skipped);
        return;
    }
    g_assert_cmpuint(comparison->n_facts, ==, system->n_facts);
    for (size_t i = 0; i < comparison->n_facts; i++) {
        const AbiFact *our = &comparison->facts[i];
        const AbiFact *its = &system->facts[i];
        g_assert_cmpstr(our->name, ==, its->name);
        if (our->value != its->value || our->size != its->size) {
            g_test_message("%s: ours is %#llx (size %llu), the system's %#llx (size %llu)", our->name,
                           our->value, our->size, its->value, its->size);
            g_test_fail();
        }
    }
    g_test_message("%zu facts compared", comparison->n_facts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(comparisons); i++) {
        g_test_add_data_func(comparisons[i].path, &comparisons[i], test_group);
    }
    return g_test_run();
}
