/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * AES-128. Like crypto.c, crypto-aes.c knows which library provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_AES_H
#define CONFIDENTIAL_CRYPTO_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_AES_BLOCK_SIZE  16
#define CRYPTO_AES128_KEY_SIZE 16

/** Encrypts or decrypts, which is the same, @p size bytes in counter mode. @p out may be @p in. */
void crypto_aes128_ctr(const uint8_t key[CRYPTO_AES128_KEY_SIZE], const uint8_t iv[CRYPTO_AES_BLOCK_SIZE],
                       const void *in, size_t size, void *out);

/**
 * Encrypts or decrypts each block of @p data for itself, in place; @p size is a multiple of the block's.
 * This hides nothing about equal blocks: it is what other modes are made of.
 */
void crypto_aes128_blocks(const uint8_t key[CRYPTO_AES128_KEY_SIZE], bool encrypt, void *data, size_t size);

#endif
