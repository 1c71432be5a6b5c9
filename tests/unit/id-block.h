/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * An ID block and its authentication by a key and an author, which the command openssl has signed.
 */
#ifndef TESTS_UNIT_ID_BLOCK_H
#define TESTS_UNIT_ID_BLOCK_H

#include "target-i386/sev-abi.h"
#include "tests/unit/hex.h"

#define ID_POLICY (SNP_POLICY_ONE | SNP_POLICY_SMT)
/* Of a NORMAL page of zeros at 0, a ZERO page at 0x1000, and a VMSA of zeros. */
#define ID_DIGEST                                                                                            \
    "80f93591b0f8b0b4dabd85bdf793571cbf5a8aef4659f2d33bb367211da3cceba145766d7308b8d86bb3b1f9f4fc44cc"
#define ID_DIGEST_OF_NOTHING                                                                                 \
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

/* P-384 numbers, big-endian. */
#define ID_KEY_X                                                                                             \
    "1fdef6b3b9a590f9808f6d691df36d3fb314e1c629a370d5ce25eace3a9c973bb3a1bb1b585544dc7a835c1cf3f50d15"
#define ID_KEY_Y                                                                                             \
    "971f64bbd891ec52f8f168faeec6af9fe49038fd5d1ddfe6968ddbc45efa2cd9dab8fb0f316dd34dde560fee0dc1a547"
#define AUTHOR_KEY_X                                                                                         \
    "4639c2bec550d2e480e6239c6d0f12a195a5a4c1abddefa19b690ecf95fb20737860d09e31774524a17d458c8e7bc678"
#define AUTHOR_KEY_Y                                                                                         \
    "0e860111347d69846d3b062899bb1ee1c35f39dff79e24b606479180ec33822ee66c7bd1b1241820c1ca67efda1a0970"
#define ID_KEY_R                                                                                             \
    "398c7bb5f008dde283570047a1095c2bab439cf4628c1104ef74fea4373efc6d304a530c09dfb14cb54780756acf41b3"
#define ID_KEY_S                                                                                             \
    "ae51c031db5eb098fc257d6d11b98616c36afd4ae0c76f43a14587818d13812c9c1ffc485070e287fda26a745e48bd93"
/* Of a block with ID_DIGEST and ID_POLICY, with ID_POLICY + 1, and with a digest of zeros. */
#define BLOCK_R                                                                                              \
    "fbc323f9bd05ed482391a86f65ec41cab4a47b9525614b7fa0a521b4d0aaef2c93487811df84c91986e153fd33cb2651"
#define BLOCK_S                                                                                              \
    "bc9e167c280d482095a4ebd2411521378a2bf0c13271786f42605d198fec46350fe17072d055a8f6013e3b888895f002"
#define OTHER_POLICY_R                                                                                       \
    "d176d27716ef815509f000a1bc203bc6276bb450df9cecbb1d32a711f0ad18e1e334b647030e1891dbe92c1d9bfed1b2"
#define OTHER_POLICY_S                                                                                       \
    "b26611c35ea85bd0bc5855645c610b50bdced8ccf5dd6d4369310dccb838420cded5286a384c6403c486bc99ffacfa6c"
#define OTHER_DIGEST_R                                                                                       \
    "a8b063c78df1de6581c83482159c85a8d0c6a849955575b66dfc248c524becbe6ff30c2f51e8584b9ea1375d1a391b39"
#define OTHER_DIGEST_S                                                                                       \
    "9fc309db893a991b7dcd8f45609ac4fc0ed2a290aeebe0b3f2643dadd42553f5296a8f328c39775bf0afb09a560de84a"

/* Writes a big-endian number as the firmware has it: little-endian, in 72 bytes. */
static inline void put_number(uint8_t *field, const char *hex)
{
    from_hex_reversed(hex, field, 48);
}

static inline void put_le32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

static inline void put_id_block(uint8_t *block, const char *digest, uint64_t policy)
{
    memset(block, 0, SNP_ID_BLOCK_SIZE);
    from_hex(digest, block, 48);
    memset(block + 48, 'F', 16);
    memset(block + 64, 'I', 16);
    put_le32(block + 80, 1);
    put_le32(block + 84, 2);
    put_le32(block + 88, (uint32_t)policy);
}

/* With (@r, @s) as the signature of the block. */
static inline void put_id_auth(uint8_t *auth, const char *r, const char *s)
{
    memset(auth, 0, SNP_ID_AUTH_SIZE);
    put_le32(auth, 1);
    put_le32(auth + 4, 1);
    put_number(auth + 0x40, r);
    put_number(auth + 0x40 + 72, s);
    put_le32(auth + 0x240, 2);
    put_number(auth + 0x244, ID_KEY_X);
    put_number(auth + 0x244 + 72, ID_KEY_Y);
    put_number(auth + 0x680, ID_KEY_R);
    put_number(auth + 0x680 + 72, ID_KEY_S);
    put_le32(auth + 0x880, 2);
    put_number(auth + 0x884, AUTHOR_KEY_X);
    put_number(auth + 0x884 + 72, AUTHOR_KEY_Y);
}

#endif
