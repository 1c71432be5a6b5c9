/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Usage: host-key MODEL: prints x and y of the public host key of a simulated machine. */
#include <glib.h>
#include <stdio.h>
#include "confidential/crypto.h"
#include "target-s390x/sim-s390.h"

int main(int argc, char **argv)
{
    PvPublicKey key;
    g_autofree char *x = NULL, *y = NULL;

    if (argc != 2 || !sim_s390_host_key(argv[1], &key)) {
        fprintf(stderr, "usage: host-key MODEL\n");
        return 1;
    }
    x = crypto_hex(key.x, sizeof(key.x));
    y = crypto_hex(key.y, sizeof(key.y));
    printf("%s\n%s\n", x, y);
    return 0;
}
