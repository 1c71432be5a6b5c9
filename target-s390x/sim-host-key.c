/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-host-key.h"
#include <string.h>
#include "confidential/crypto-certificate-make.h"
#include "target-s390x/sim-s390.h"

#define ROOT_NAME   "simulated IBM Z root"
#define SIGNER_NAME "simulated IBM Z host key signing service"

static void make_key(const char *seed, CryptoP521Key *key)
{
    crypto_p521_key(seed, strlen(seed), key);
}

static void make_signer(CryptoP521Key *key)
{
    make_key("cgvm: host key signing service of simulated IBM Z machines", key);
}

char *sim_host_key_document(const char *model, Error **errp)
{
    g_autofree char *name =
        g_strdup_printf("host key of the simulated machine %s", model ? model : "(default)");
    CryptoP521Key signer;
    CryptoP521Point host;
    PvPublicKey key;
    const CryptoParty subject = { name, &host, NULL }, issuer = { SIGNER_NAME, &signer.point, &signer };

    if (!sim_s390_host_key(model, &key)) {
        return error_set_null(errp, CGVM_ERROR_NOT_FOUND,
                              "there is no simulated machine '%s' with an ultravisor; there are z16 and z15",
                              model);
    }
    memcpy(&host, &key, sizeof(host));
    make_signer(&signer);
    return crypto_certificate_make(&subject, &issuer, false);
}

char *sim_host_key_chain(void)
{
    CryptoP521Key root, signer;
    const CryptoParty root_party = { ROOT_NAME, &root.point, &root },
                      signer_party = { SIGNER_NAME, &signer.point, &signer };
    g_autofree char *root_pem = NULL;
    g_autofree char *signer_pem = NULL;

    make_key("cgvm: root of simulated IBM Z machines", &root);
    make_signer(&signer);
    root_pem = crypto_certificate_make(&root_party, &root_party, true);
    signer_pem = crypto_certificate_make(&signer_party, &root_party, false);
    return g_strconcat(signer_pem, root_pem, NULL);
}
