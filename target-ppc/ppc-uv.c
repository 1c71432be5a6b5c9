/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/ppc-uv.h"
#include <string.h>
#include "confidential/crypto-aes.h"
#include "confidential/crypto.h"
#include "hw/sim-steps.h"
#include "target-ppc/kvm-ppc-abi.h"

typedef struct UvGuest {
    GHashTable *slots; /* id -> nothing */
    GHashTable *pages; /* number of the page -> UvPage */
    uint8_t key[CRYPTO_AES128_KEY_SIZE];
} UvGuest;

/** A page in secure memory. One of zeros has no bytes before somebody looks at it. */
typedef struct UvPage {
    uint8_t *bytes;
} UvPage;

/** A call of the hypervisor that can be made to fail. */
typedef struct UvFault {
    unsigned call;
    uint64_t nth; /* 0: every one */
    int64_t code;
} UvFault;

enum {
    CALL_REGISTER_MEM_SLOT,
    CALL_UNREGISTER_MEM_SLOT,
    CALL_PAGE_IN,
    CALL_PAGE_OUT,
    CALL_SVM_TERMINATE,
    N_CALLS
};

static const char *const call_names[N_CALLS] = {
    "UV_REGISTER_MEM_SLOT", "UV_UNREGISTER_MEM_SLOT", "UV_PAGE_IN", "UV_PAGE_OUT", "UV_SVM_TERMINATE",
};

struct PpcUv {
    GMutex lock;
    GHashTable *guests; /* LPID -> UvGuest */
    GArray *faults;     /* of UvFault */
    uint64_t counts[N_CALLS];
};

/* ---- faults ---- */

static const struct {
    const char *name;
    int64_t code;
} codes[] = {
    { "U_BUSY", H_BUSY }, { "U_FUNCTION", H_FUNCTION }, { "U_PARAMETER", H_PARAMETER }, { "U_P2", H_P2 },
    { "U_P3", H_P3 },
};

static bool parse_call(const char *word, UvFault *fault)
{
    g_auto(GStrv) parts = g_strsplit(word, ":", 2);

    if (parts[0] && parts[1] && (!sim_step_number(parts[1], UINT32_MAX, &fault->nth) || !fault->nth)) {
        return false;
    }
    for (unsigned i = 0; i < N_CALLS && parts[0]; i++) {
        if (strcmp(parts[0], call_names[i]) == 0) {
            fault->call = i;
            return true;
        }
    }
    return false;
}

static bool parse_code(const char *word, UvFault *fault)
{
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (strcmp(word, codes[i].name) == 0) {
            fault->code = codes[i].code;
            return true;
        }
    }
    return false;
}

static bool parse_faults(PpcUv *uv, const char *text, Error **errp)
{
    g_auto(GStrv) items = g_strsplit(*text ? text : "=", "+", -1);

    for (unsigned i = 0; items[i]; i++) {
        g_auto(GStrv) sides = g_strsplit(items[i], "=", 2);
        UvFault fault = { .nth = 0 };

        if (!sides[0] || !sides[1] || !parse_call(sides[0], &fault) || !parse_code(sides[1], &fault)) {
            return error_setg(
                errp,
                "fault '%s': write it as CALL[:NTH]=CODE, where CALL is UV_REGISTER_MEM_SLOT, "
                "UV_UNREGISTER_MEM_SLOT, UV_PAGE_IN, UV_PAGE_OUT or UV_SVM_TERMINATE, and CODE is "
                "U_BUSY, U_FUNCTION, U_PARAMETER, U_P2 or U_P3",
                items[i]);
        }
        g_array_append_val(uv->faults, fault);
    }
    return true;
}

/* Counts a call. What it is made to return, or H_SUCCESS. The lock is held. */
static int64_t injected(PpcUv *uv, unsigned call)
{
    uint64_t count = ++uv->counts[call];

    for (guint i = 0; i < uv->faults->len; i++) {
        const UvFault *fault = &g_array_index(uv->faults, UvFault, i);

        if (fault->call == call && (!fault->nth || fault->nth == count)) {
            return fault->code;
        }
    }
    return H_SUCCESS;
}

/* ---- guests ---- */

static void guest_free(void *data)
{
    UvGuest *guest = data;

    g_hash_table_unref(guest->slots);
    g_hash_table_unref(guest->pages);
    crypto_clear(guest->key, sizeof(guest->key));
    g_free(guest);
}

static void page_free(void *data)
{
    UvPage *page = data;

    if (page->bytes) {
        crypto_clear(page->bytes, UV_PAGE_SIZE);
    }
    g_free(page->bytes);
    g_free(page);
}

/* Each guest has a key of its own, the same in every run. */
static UvGuest *guest_new(uint32_t lpid)
{
    UvGuest *guest = g_new0(UvGuest, 1);
    uint8_t digest[CRYPTO_SHA256_SIZE];
    g_autofree char *seed = g_strdup_printf("simulated ultravisor, key of guest %u", lpid);

    crypto_sha256(seed, strlen(seed), digest);
    memcpy(guest->key, digest, sizeof(guest->key));
    guest->slots = g_hash_table_new(NULL, NULL);
    guest->pages = g_hash_table_new_full(NULL, NULL, NULL, page_free);
    return guest;
}

PpcUv *ppc_uv_new(const char *fault, Error **errp)
{
    PpcUv *uv = g_new0(PpcUv, 1);

    g_mutex_init(&uv->lock);
    uv->guests = g_hash_table_new_full(NULL, NULL, NULL, guest_free);
    uv->faults = g_array_new(false, false, sizeof(UvFault));
    if (fault && !parse_faults(uv, fault, errp)) {
        ppc_uv_free(uv);
        return NULL;
    }
    return uv;
}

void ppc_uv_free(PpcUv *uv)
{
    if (uv) {
        g_hash_table_unref(uv->guests);
        g_array_unref(uv->faults);
        g_mutex_clear(&uv->lock);
        g_free(uv);
    }
}

static UvGuest *find_guest(const PpcUv *uv, uint32_t lpid)
{
    return g_hash_table_lookup(uv->guests, GUINT_TO_POINTER(lpid));
}

static void *page_key(uint64_t gpa)
{
    return GSIZE_TO_POINTER(gpa / UV_PAGE_SIZE);
}

/* ---- the hypervisor's calls ---- */

int64_t ppc_uv_register_mem_slot(PpcUv *uv, uint32_t lpid, uint64_t gpa, uint64_t size, uint32_t id)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    int64_t ret = injected(uv, CALL_REGISTER_MEM_SLOT);
    UvGuest *guest = find_guest(uv, lpid);

    if (ret != H_SUCCESS) {
        return ret;
    }
    if (!size || gpa % UV_PAGE_SIZE) {
        return H_P2;
    }
    if (!guest) {
        guest = guest_new(lpid);
        g_hash_table_insert(uv->guests, GUINT_TO_POINTER(lpid), guest);
    }
    return g_hash_table_add(guest->slots, GUINT_TO_POINTER(id)) ? H_SUCCESS : H_P4;
}

int64_t ppc_uv_unregister_mem_slot(PpcUv *uv, uint32_t lpid, uint32_t id)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    int64_t ret = injected(uv, CALL_UNREGISTER_MEM_SLOT);
    UvGuest *guest = find_guest(uv, lpid);

    if (ret != H_SUCCESS) {
        return ret;
    }
    if (!guest) {
        return H_PARAMETER;
    }
    return g_hash_table_remove(guest->slots, GUINT_TO_POINTER(id)) ? H_SUCCESS : H_P2;
}

int64_t ppc_uv_page_in(PpcUv *uv, uint32_t lpid, uint64_t gpa, const void *bytes, size_t size)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    int64_t ret = injected(uv, CALL_PAGE_IN);
    UvGuest *guest = find_guest(uv, lpid);
    UvPage *page;

    if (ret != H_SUCCESS) {
        return ret;
    }
    if (!guest) {
        return H_PARAMETER;
    }
    if (gpa % UV_PAGE_SIZE || size > UV_PAGE_SIZE) {
        return H_P3;
    }
    page = g_new0(UvPage, 1);
    if (bytes) {
        page->bytes = g_malloc0(UV_PAGE_SIZE);
        memcpy(page->bytes, bytes, size);
    }
    g_hash_table_insert(guest->pages, page_key(gpa), page);
    return H_SUCCESS;
}

/* The same bytes at another address are others to whoever sees them. */
int64_t ppc_uv_page_out(PpcUv *uv, uint32_t lpid, uint64_t gpa, void *bytes, size_t size)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    int64_t ret = injected(uv, CALL_PAGE_OUT);
    const UvGuest *guest = find_guest(uv, lpid);
    const UvPage *page = guest ? g_hash_table_lookup(guest->pages, page_key(gpa)) : NULL;
    uint8_t iv[CRYPTO_AES_BLOCK_SIZE] = { 0 };

    if (ret != H_SUCCESS) {
        return ret;
    }
    if (!page || !page->bytes || size > UV_PAGE_SIZE) {
        return guest ? H_P3 : H_PARAMETER;
    }
    gpa = GUINT64_TO_BE(gpa);
    memcpy(iv, &gpa, sizeof(gpa));
    crypto_aes128_ctr(guest->key, iv, page->bytes, size, bytes);
    return H_SUCCESS;
}

int64_t ppc_uv_page_inval(PpcUv *uv, uint32_t lpid, uint64_t gpa)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    UvGuest *guest = find_guest(uv, lpid);

    if (!guest) {
        return H_PARAMETER;
    }
    g_hash_table_remove(guest->pages, page_key(gpa));
    return H_SUCCESS;
}

int64_t ppc_uv_svm_terminate(PpcUv *uv, uint32_t lpid)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    int64_t ret = injected(uv, CALL_SVM_TERMINATE);

    if (ret != H_SUCCESS) {
        return ret;
    }
    g_hash_table_remove(uv->guests, GUINT_TO_POINTER(lpid));
    return H_SUCCESS;
}

uint8_t *ppc_uv_secure_memory(PpcUv *uv, uint32_t lpid, uint64_t gpa)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvGuest *guest = find_guest(uv, lpid);
    UvPage *page = guest ? g_hash_table_lookup(guest->pages, page_key(gpa)) : NULL;

    if (!page) {
        return NULL;
    }
    if (!page->bytes) {
        page->bytes = g_malloc0(UV_PAGE_SIZE);
    }
    return page->bytes + gpa % UV_PAGE_SIZE;
}

PpcUvPageKind ppc_uv_page_kind(PpcUv *uv, uint32_t lpid, uint64_t gpa)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvGuest *guest = find_guest(uv, lpid);
    const UvPage *page = guest ? g_hash_table_lookup(guest->pages, page_key(gpa)) : NULL;

    return !page ? UV_PAGE_NORMAL : page->bytes ? UV_PAGE_SECURE : UV_PAGE_SECURE_ZERO;
}
