/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of sealed packets, against the other implementation of an owner (guest-owner.h).
 */
#include "target-i386/sev-sealed.h"
#include "tests/unit/guest-owner.h"

#define GUID_TEXT "00010203-0405-0607-0809-0a0b0c0d0e0f"

static const uint8_t measure[32] = { 1, 2, 3 };

static void owners_init(GuestOwner *other, SevOwner *owner)
{
    memset(other, 0, sizeof(*other));
    *owner = (SevOwner){ .policy = 0 };
    memset(other->tek, 0x11, 16);
    memset(other->tik, 0x22, 16);
    memset(owner->tek, 0x11, 16);
    memset(owner->tik, 0x22, 16);
}

static void test_seal(void)
{
    const char secret[48] = "what nobody else may know";
    uint8_t header[52], packet[48], iv[16];
    GuestOwner other;
    SevSealed sealed;
    SevOwner owner;

    owners_init(&other, &owner);
    memset(iv, 0x55, sizeof(iv));
    owner_seal(&other, measure, secret, sizeof(secret), header, packet);
    sev_seal(&owner, measure, iv, (const uint8_t *)secret, sizeof(secret), &sealed);
    g_assert_cmpmem(&sealed.header, sizeof(sealed.header), header, sizeof(header));
    g_assert_cmpmem(sealed.packet, sealed.size, packet, sizeof(packet));
    sev_sealed_clear(&sealed);
}

static void seal_typical(const SevOwner *owner, SevSealed *sealed)
{
    g_autoptr(SecretTable) table = secret_table_new();

    g_assert_true(secret_table_add(table, GUID_TEXT, "secret", 6, NULL));
    sev_seal_table(owner, measure, table, sealed);
}

static void test_open(void)
{
    g_autoptr(SecretTable) table = NULL, unchecked = NULL;
    SevSealed sealed, again;
    GuestOwner other;
    SecretEntry entry;
    SevOwner owner;

    owners_init(&other, &owner);
    seal_typical(&owner, &sealed);
    seal_typical(&owner, &again);
    g_assert_cmpuint(sealed.size, ==, 48);
    g_assert_cmpint(memcmp(sealed.header.iv, again.header.iv, 16), !=, 0);
    table = sev_open(&owner, measure, &sealed, NULL);
    entry = secret_table_entry(table, 0);
    g_assert_cmpmem(entry.data, entry.size, "secret", 6);
    unchecked = sev_open(&owner, NULL, &sealed, NULL);
    g_assert_cmpuint(secret_table_count(unchecked), ==, 1);
    sev_sealed_clear(&sealed);
    sev_sealed_clear(&again);
}

static void assert_not_opened(const SevOwner *owner, const uint8_t *with, const SevSealed *sealed,
                              CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(sev_open(owner, with, sealed, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
}

static void test_open_refused(void)
{
    static const char changed[] =
        "the packet was not sealed in the session for the launch with this measurement, "
        "or it was changed since: its MAC is another";
    const uint8_t other_measure[32] = { 1, 2, 4 };
    GuestOwner other;
    SevSealed sealed;
    SevOwner owner;

    owners_init(&other, &owner);
    seal_typical(&owner, &sealed);
    assert_not_opened(&owner, other_measure, &sealed, CGVM_ERROR_MISMATCH, changed);
    for (size_t i = 4; i < sizeof(sealed.header); i++) {
        ((uint8_t *)&sealed.header)[i] ^= 1;
        assert_not_opened(&owner, measure, &sealed, CGVM_ERROR_MISMATCH, changed);
        ((uint8_t *)&sealed.header)[i] ^= 1;
    }
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.packet[i] ^= 0x80;
        assert_not_opened(&owner, measure, &sealed, CGVM_ERROR_MISMATCH, changed);
        sealed.packet[i] ^= 0x80;
    }
    sealed.header.flags = GUINT32_TO_LE(1);
    assert_not_opened(&owner, measure, &sealed, CGVM_ERROR_UNSUPPORTED,
                      "the packet is compressed (flags 0x1), which cgvm does not know how to open");
    sealed.header.flags = 0;
    owner.tek[0] ^= 1;
    assert_not_opened(
        &owner, NULL, &sealed, CGVM_ERROR_INVALID,
        "the packet holds no table of secrets; it was made by another tool, or opened with the wrong "
        "keys");
    sev_sealed_clear(&sealed);
}

static void test_described(void)
{
    g_autoptr(SecretTable) table = NULL;
    g_autofree char *closed = NULL, *text = NULL, *shown = NULL, *json = NULL;
    GuestOwner other;
    SevSealed sealed;
    SevOwner owner;

    owners_init(&other, &owner);
    seal_typical(&owner, &sealed);
    table = sev_open(&owner, measure, &sealed, NULL);
    closed = sev_sealed_to_text(&sealed, NULL, true);
    text = sev_sealed_to_text(&sealed, table, false);
    shown = sev_sealed_to_text(&sealed, table, true);
    json = sev_sealed_to_json(&sealed, table, true);
    g_assert_true(g_str_has_prefix(closed, "packet of 48 bytes\n  flags  0x0\n  IV     "));
    g_assert_null(strstr(closed, "secrets"));
    g_assert_true(g_str_has_suffix(text, "\n\nsecrets\n  " GUID_TEXT "      6 bytes\n"));
    g_assert_true(g_str_has_suffix(shown, " 6 bytes  c2VjcmV0\n"));
    g_assert_nonnull(strstr(json, "\"data\": \"c2VjcmV0\""));
    sev_sealed_clear(&sealed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-sealed/seal", test_seal);
    g_test_add_func("/sev-sealed/open", test_open);
    g_test_add_func("/sev-sealed/open-refused", test_open_refused);
    g_test_add_func("/sev-sealed/described", test_described);
    return g_test_run();
}
