/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Launches per second on the simulated host, each from its options to its end, of an image of 2 MiB. Beside
 * them what is in every one of them and in any other implementation: hashing that image twice, as the plan's
 * digest and as the firmware's. Prints a line for each mechanism, and the ratio. Asserts no times.
 */
#include <stdio.h>
#include "confidential/crypto.h"
#include "tests/unit/toy-vm.h"

#define IMAGE_SIZE (2u << 20)
#define PAGE       4096
#define LAUNCHES   100
#define REPEATS    5

static char *image_path;

static double best(void (*work)(const void *), const void *argument)
{
    double least = 0;

    for (unsigned i = 0; i < REPEATS; i++) {
        gint64 start = g_get_monotonic_time();
        double seconds;

        work(argument);
        seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
        least = i == 0 || seconds < least ? seconds : least;
    }
    return least;
}

static void launch(const void *object)
{
    for (unsigned i = 0; i < LAUNCHES; i++) {
        CgvmVm *vm = cgvm_vm_new();
        g_autoptr(CgvmError) error = NULL;

        add(vm, "object", object);
        add(vm, "machine", "confidential-guest-support=sev0");
        add(vm, "cpu", "EPYC-Milan");
        add(vm, "bios", image_path);
        add(vm, "accel", "sim,run=off");
        if (!cgvm_vm_launch(vm, &error)) {
            g_error("%s", cgvm_error_message(error));
        }
        cgvm_vm_free(vm);
    }
}

typedef struct Peer {
    const uint8_t *image;
    bool by_page; /* SEV-SNP hashes each page for itself, with SHA-384 */
} Peer;

static void hash(const void *argument)
{
    const Peer *peer = argument;
    uint8_t digest[CRYPTO_SHA384_SIZE];

    for (unsigned i = 0; i < 2 * LAUNCHES; i++) {
        if (!peer->by_page) {
            crypto_sha256(peer->image, IMAGE_SIZE, digest);
            continue;
        }
        for (size_t offset = 0; offset < IMAGE_SIZE; offset += PAGE) {
            crypto_sha384(peer->image + offset, PAGE, digest);
        }
    }
}

/* An image whose pages all differ, with the end of the toy's: table and metadata. */
static uint8_t *make_image(void)
{
    g_autofree char *toy = NULL;
    uint8_t *image = g_malloc(IMAGE_SIZE);
    gsize size;

    g_assert_true(g_file_get_contents(toy_firmware, &toy, &size, NULL));
    for (size_t i = 0; i < IMAGE_SIZE; i++) {
        image[i] = (uint8_t)((i * 2654435761u) >> 13);
    }
    memcpy(image + IMAGE_SIZE - size, toy, size);
    image_path = g_build_filename(toy_directory, "odd.fd", NULL);
    g_assert_true(g_file_set_contents(image_path, (const char *)image, IMAGE_SIZE, NULL));
    return image;
}

static void measure_all(void)
{
    static const struct {
        const char *name, *object;
        bool by_page;
    } kinds[] = {
        { "SEV", "sev-guest,id=sev0", false },
        { "SEV-ES", "sev-guest,id=sev0,policy=5", false },
        { "SEV-SNP", "sev-snp-guest,id=sev0", true },
    };
    g_autofree uint8_t *image = make_image();

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const Peer peer = { .image = image, .by_page = kinds[i].by_page };
        double ours = best(launch, kinds[i].object), floor = best(hash, &peer);

        printf("%-8s %6.0f launches a second; hashing alone would allow %6.0f; ratio %.2f\n", kinds[i].name,
               LAUNCHES / ours, LAUNCHES / floor, ours / floor);
    }
    g_free(image_path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bench/launch", measure_all);
    return toy_run_tests();
}
