/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 100 000 mutated images: none crashes anything, and one whose header or block is hit is either refused or
 * still what it says. The mutations follow from a seed, so a failure can be repeated.
 */
#include "tests/s390x/pv-guest.h"

#define N_MUTATIONS 100000
#define MOST_HITS   4

/* Where changes matter: what says where things are, the header, and the block; now and then anywhere. */
static size_t pick_place(GRand *rand, const PvImage *image, size_t size)
{
    switch (g_rand_int_range(rand, 0, 8)) {
    case 0:
        return PV_METADATA_ADDRESS + (size_t)g_rand_int_range(rand, 0, sizeof(PvMetadata));
    case 1:
        return (size_t)g_rand_int_range(rand, 0, (gint32)size);
    case 2:
    case 3:
    case 4:
        return image->ipib_gpa + (size_t)g_rand_int_range(rand, 0, 192);
    default:
        return image->header_gpa + (size_t)g_rand_int_range(rand, 0, (gint32)image->header.size);
    }
}

static uint8_t mutate(GRand *rand, uint8_t byte)
{
    switch (g_rand_int_range(rand, 0, 4)) {
    case 0:
        return 0;
    case 1:
        return 0xff;
    case 2:
        return byte ^ (uint8_t)(1 << g_rand_int_range(rand, 0, 8));
    default:
        return (uint8_t)g_rand_int(rand);
    }
}

static void check(GBytes *file, unsigned *n_read, unsigned *n_whole)
{
    g_autoptr(Error) error = NULL;
    PvImage image;

    if (pv_image_parse(file, &image, &error)) {
        (*n_read)++;
        for (size_t i = 0; i < image.block.n_components; i++) {
            g_assert_cmpuint(image.block.components[i].gpa + image.block.components[i].size, <=,
                             g_bytes_get_size(file));
        }
        *n_whole += pv_image_verify(&image, NULL, &error);
    }
    g_assert_true(!error || *cgvm_error_message(error));
    pv_image_clear(&image);
}

static void test_mutations(void)
{
    g_autoptr(GBytes) image = make_image(NULL);
    gsize size;
    g_autofree uint8_t *bytes = g_memdup2(g_bytes_get_data(image, &size), g_bytes_get_size(image));
    g_autoptr(GBytes) file = g_bytes_new_static(bytes, size);
    g_autoptr(GRand) rand = g_rand_new_with_seed(20240607);
    unsigned n_read = 0, n_whole = 0;
    PvImage parsed;

    g_assert_true(pv_image_parse(image, &parsed, NULL));
    for (unsigned i = 0; i < N_MUTATIONS; i++) {
        size_t places[MOST_HITS];
        uint8_t before[MOST_HITS];
        const int n_hits = g_rand_int_range(rand, 1, MOST_HITS + 1);

        for (int j = 0; j < n_hits; j++) {
            places[j] = pick_place(rand, &parsed, size);
            before[j] = bytes[places[j]];
            bytes[places[j]] = mutate(rand, before[j]);
        }
        check(file, &n_read, &n_whole);
        for (int j = n_hits - 1; j >= 0; j--) {
            bytes[places[j]] = before[j];
        }
    }
    g_assert_cmpmem(bytes, size, g_bytes_get_data(image, NULL), size);
    g_test_message("%u of %u could be read, %u were whole", n_read, N_MUTATIONS, n_whole);
    /* Else only one way was tried. */
    g_assert_cmpuint(n_read, >, N_MUTATIONS / 10);
    g_assert_cmpuint(n_read, <, N_MUTATIONS);
    g_assert_cmpuint(n_whole, >, 0);
    g_assert_cmpuint(n_whole, <, n_read);
    pv_image_clear(&parsed);
}

int main(int argc, char **argv)
{
    pv_tests_init(&argc, &argv);
    g_test_add_func("/pv-mutations/images", test_mutations);
    return g_test_run();
}
